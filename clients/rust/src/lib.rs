//! Asks Loupe's oracle: true values of Gemma 2 and JumpReLU SAEs, proven bounds, verdicts.
//! `golden/PROTOCOL.md` describes the messages. The feature `proptest` adds random inputs.

use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{json, Map, Value};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

#[cfg(feature = "proptest")]
pub mod strategies;

/// An error reply, or a child process that has gone (code `ended`).
#[derive(Debug, Clone)]
pub struct OracleError {
    pub code: String,
    pub message: String,
    /// The line that `loupe answer` repeats.
    pub request: String,
}

impl fmt::Display for OracleError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{}: {}\nrequest: {}",
            self.code, self.message, self.request
        )
    }
}

impl std::error::Error for OracleError {}

/// The oracle as a child process, ended when it is dropped.
pub struct Oracle {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
    /// The last line that was sent: a test that `loupe answer` repeats.
    pub last_request: String,
}

impl Oracle {
    /// Starts a program, such as `["./loupe", "serve", "--stdio"]`.
    pub fn start(command: &[&str]) -> std::io::Result<Oracle> {
        let mut child = Command::new(command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Ok(Oracle {
            child,
            input,
            output,
            next: 0,
            last_request: String::new(),
        })
    }

    /// The result of an operation. `how` holds arithmetic, precision, elementary_ulp or theirs.
    pub fn ask(&mut self, op: &str, args: Value, how: Value) -> Result<Value, OracleError> {
        self.next += 1;
        let mut request = how.as_object().cloned().unwrap_or_default();
        request.insert("id".into(), json!(self.next));
        request.insert("op".into(), json!(op));
        request.insert("args".into(), args);
        self.last_request = Value::Object(request).to_string();
        let line = self
            .exchange()
            .map_err(|e| self.error("ended", &e.to_string()))?;
        let mut reply: Value =
            serde_json::from_str(&line).map_err(|e| self.error("ended", &e.to_string()))?;
        if reply["id"] != json!(self.next) {
            return Err(self.error("ended", "the reply belongs to another request"));
        }
        if let Some(error) = reply.get("error") {
            let text = |key: &str| error[key].as_str().unwrap_or("").to_string();
            return Err(self.error(&text("code"), &text("message")));
        }
        Ok(reply["result"].take())
    }

    fn exchange(&mut self) -> std::io::Result<String> {
        let input = self.input.as_mut().expect("open until dropped");
        input.write_all(self.last_request.as_bytes())?;
        input.write_all(b"\n")?;
        input.flush()?;
        let mut line = String::new();
        match self.output.read_line(&mut line)? {
            0 => Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "no reply",
            )),
            _ => Ok(line),
        }
    }

    fn error(&self, code: &str, message: &str) -> OracleError {
        let (code, message) = (code.to_string(), message.to_string());
        OracleError {
            code,
            message,
            request: self.last_request.clone(),
        }
    }

    /// The verdict on `theirs`, tensors by the names of the result.
    pub fn judge(&mut self, op: &str, args: Value, theirs: Value) -> Result<Value, OracleError> {
        Ok(self.ask(op, args, json!({ "theirs": theirs }))?["verdict"].take())
    }

    /// Nothing, or what is wrong with `theirs`, with the request that repeats it.
    pub fn check(&mut self, op: &str, args: Value, theirs: Value) -> Result<(), OracleError> {
        let verdict = self.judge(op, args, theirs)?;
        match verdict["verdict"] == json!("fail") {
            true => Err(self.error("fail", &verdict["first_divergence"].to_string())),
            false => Ok(()),
        }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.input.take(); // The end of its input ends it.
        let _ = self.child.wait();
    }
}

/// A float32 tensor for a request.
pub fn tensor(values: &[f32], shape: &[usize]) -> Value {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    json!({ "dtype": "F32", "shape": shape, "data": STANDARD.encode(bytes) })
}

/// Tensors by name, for arguments and for `theirs`.
pub fn named<const N: usize>(tensors: [(&str, Value); N]) -> Value {
    Value::Object(
        tensors
            .into_iter()
            .map(|(k, v)| (k.to_string(), v))
            .collect::<Map<_, _>>(),
    )
}

/// The numbers of a tensor in F64 or F32, flat, in row-major order.
pub fn values(tensor: &Value) -> Vec<f64> {
    let bytes = decode(&tensor["data"]);
    match tensor["dtype"].as_str() {
        Some("F32") => bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()) as f64)
            .collect(),
        _ => doubles(&bytes),
    }
}

/// How far a correct port may be from each of the values; for replies with a precision.
pub fn radius(tensor: &Value) -> Vec<f64> {
    doubles(&decode(&tensor["radius"]))
}

fn decode(data: &Value) -> Vec<u8> {
    STANDARD
        .decode(data.as_str().unwrap_or(""))
        .expect("the oracle sends base64")
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
        .collect()
}
