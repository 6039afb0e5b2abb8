package loupe.cli;

/** How a terminal shows a piece of text: the SGR codes of ECMA-48 that every terminal knows. */
enum Style {
  BOLD("1"),
  FAINT("2"),
  UNDERLINED("4"),
  RED("31"),
  GREEN("32"),
  YELLOW("33"),
  BLUE("34"),
  MAGENTA("35"),
  CYAN("36");

  private final String code;

  Style(String code) {
    this.code = code;
  }

  String code() {
    return code;
  }
}
