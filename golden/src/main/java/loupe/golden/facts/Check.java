package loupe.golden.facts;

/** How facts of one kind are checked. */
interface Check {
  /**
   * Compares what the fact says with what is so.
   *
   * @throws NotApplicable if that cannot be found out here
   */
  void check(Fact fact, Verification v, Findings findings);
}
