//! The client against the oracle that LOUPE_COMMAND names.

use loupe_oracle::strategies::{models, near_thresholds, numbers, tokens};
use loupe_oracle::{named, radius, tensor, values, Oracle};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{json, Value};
use std::cell::{Cell, RefCell};

fn start() -> Oracle {
    let command = std::env::var("LOUPE_COMMAND").expect("LOUPE_COMMAND names the oracle");
    Oracle::start(&command.split_whitespace().collect::<Vec<_>>()).expect("the oracle starts")
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    })
}

fn ok<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, TestCaseError> {
    result.map_err(|e| TestCaseError::fail(e.to_string()))
}

#[test]
fn values_come_with_bounds_and_errors_with_codes() {
    let mut oracle = start();
    let args = json!({ "x": tensor(&[100.0], &[1]), "cap": 50 });
    let y = oracle
        .ask("softcap", args, json!({ "precision": "bf16" }))
        .unwrap()["y"]
        .take();
    assert!((values(&y)[0] - 50.0 * 2f64.tanh()).abs() < 1e-12);
    assert!(radius(&y)[0] > 0.0 && radius(&y)[0] < 1.0);
    assert_eq!(
        "unknown_operation",
        oracle.ask("none", json!({}), Value::Null).unwrap_err().code
    );
}

#[test]
fn a_port_in_float32_passes_and_a_wrong_one_fails() {
    let oracle = RefCell::new(start());
    let wrong = Cell::new(0);
    runner(50)
        .run(
            &(1..9usize).prop_flat_map(|n| (numbers(8.0, n), numbers(8.0, n))),
            |(x, y)| {
                let shape = [x.len()];
                let args = named([("x", tensor(&x, &shape)), ("branch", tensor(&y, &shape))]);
                let sum: Vec<f32> = x.iter().zip(&y).map(|(a, b)| a + b).collect();
                ok(oracle.borrow_mut().check(
                    "residual_add",
                    args.clone(),
                    named([("y", tensor(&sum, &shape))]),
                ))?;
                let bad: Vec<f32> = x.iter().zip(&y).map(|(a, b)| a - b).collect();
                let verdict = oracle.borrow_mut().check(
                    "residual_add",
                    args,
                    named([("y", tensor(&bad, &shape))]),
                );
                wrong.set(wrong.get() + u32::from(verdict.is_err()));
                Ok(())
            },
        )
        .unwrap();
    assert!(
        wrong.get() > 40,
        "only {} of 50 wrong results were seen",
        wrong.get()
    );
}

#[test]
fn whole_models_in_float32_are_inside_the_bounds() {
    let oracle = RefCell::new(start());
    let cases = models().prop_flat_map(|model| {
        let words = model["config"]["vocab_size"].as_u64().unwrap();
        (Just(model), tokens(words))
    });
    runner(30)
        .run(&cases, |(model, ids)| {
            let mut args = json!({ "model": model, "tokens": ids });
            let plain = args.clone();
            args["hooks"] = json!(["*"]);
            let theirs =
                ok(oracle
                    .borrow_mut()
                    .ask("forward", args, json!({ "arithmetic": "float32" })))?;
            ok(oracle
                .borrow_mut()
                .check("forward", plain, theirs["tensors"].clone()))
        })
        .unwrap();
}

#[test]
fn a_threshold_is_strict() {
    let oracle = RefCell::new(start());
    runner(30)
        .run(&near_thresholds(2, 3), |args| {
            let (pre, limits) = (values(&args["pre"]), values(&args["threshold"]));
            let result = ok(oracle.borrow_mut().ask("sae_jumprelu", args, Value::Null))?;
            let port: Vec<f64> = pre
                .iter()
                .enumerate()
                .map(|(i, &u)| if u > limits[i % 3] { u } else { 0.0 })
                .collect();
            prop_assert_eq!(port, values(&result["features"]));
            Ok(())
        })
        .unwrap();
}
