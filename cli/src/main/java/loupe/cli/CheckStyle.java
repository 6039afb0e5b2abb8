package loupe.cli;

/** The look of {@link CheckHtml}'s page. */
final class CheckStyle {
  static final String CSS =
      """
      :root { color-scheme: light dark; --ink: #1d2126; --faint: #667; --paper: #fff; --line: #dde;
        --equal: #cfe8d5; --inside: #eaf3ec; --undecidable: #ffe9a8; --biased: #e6c9f2;
        --outside: #f3b3ad; --bad: #a3150b; --good: #17692f; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e4e6ea; --faint: #99a; --paper: #15171b; --line: #343842; --equal: #1f5231;
          --inside: #1c2f23; --undecidable: #5d4c0a; --biased: #512b63; --outside: #7c211a;
          --bad: #ff8a7f; --good: #7fd699; } }
      body { margin: 0; background: var(--paper); color: var(--ink);
        font: 16px/1.5 system-ui, sans-serif; }
      main { max-width: 76rem; margin: 0 auto; padding: 1rem; }
      h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 2rem; }
      p, li { max-width: 46rem; overflow-wrap: anywhere; }
      .verdict.pass { color: var(--good); } .verdict.fail { color: var(--bad); }
      .verdict.undecidable { color: var(--bad); }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-size: .85rem; }
      th { text-align: left; font-weight: 600; } th, td { padding: .15rem .5rem; white-space: nowrap; }
      tbody tr { border-top: 1px solid var(--line); }
      small, .legend { color: var(--faint); font-size: .85rem; }
      .number { text-align: right; font-variant-numeric: tabular-nums; }
      .map td, .map thead th { padding: .1rem 0; min-width: 1.5rem; text-align: center; }
      .map thead th:first-child { text-align: left; padding-left: .5rem; }
      .map a { display: block; color: inherit; text-decoration: none; }
      .map tbody th { font-weight: 400; position: sticky; left: 0; background: var(--paper); }
      .legend b { display: inline-block; margin-right: 1rem; font-weight: 400; }
      .legend span { color: var(--ink); padding: .1rem .5rem; }
      .bit-equal { background: var(--equal); } .inside { background: var(--inside); }
      .undecidable:not(.verdict) { background: var(--undecidable); }
      .plausible { background: var(--inside); } .biased { background: var(--biased); }
      .implausible, .outside { background: var(--outside); }
      tr:target { outline: 2px solid var(--faint); }
      pre { white-space: pre-wrap; font-size: .85rem; }
      """;

  private CheckStyle() {}
}
