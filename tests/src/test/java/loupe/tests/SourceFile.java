package loupe.tests;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What the rules of the architecture need to know of one Java source, read off the compiler's own
 * syntax tree: comments do not count, and a name counts however it is written.
 *
 * @param path the file
 * @param packageName its package
 * @param lines number of lines
 * @param names every dotted name in it, imports included, such as {@code java.lang.Math.exp}; a
 *     method reference {@code Math::exp} is the name {@code Math.exp}
 * @param strings every string literal
 * @param types simple names of all types it declares
 * @param methods its methods and constructors
 */
record SourceFile(
    Path path,
    String packageName,
    int lines,
    List<String> names,
    List<String> strings,
    List<String> types,
    List<Method> methods) {

  /** A method or constructor: its name, the lines it spans, the parameters it takes, its text. */
  record Method(String name, int lines, int parameters, String text) {}

  /** Parses all files in one go; none of them has to compile. */
  static List<SourceFile> parse(List<Path> paths) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, List.of(), null, files.getJavaFileObjectsFromPaths(paths));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      List<SourceFile> sources = new ArrayList<>();
      for (CompilationUnitTree unit : task.parse()) {
        sources.add(read(unit, positions));
      }
      return sources;
    }
  }

  private static SourceFile read(CompilationUnitTree unit, SourcePositions positions)
      throws IOException {
    Path path = Path.of(unit.getSourceFile().toUri());
    SourceFile source =
        new SourceFile(
            path,
            unit.getPackageName() == null ? "" : unit.getPackageName().toString(),
            Files.readAllLines(path).size(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    source.new Reader(unit, positions).scan(unit, null);
    return source;
  }

  private final class Reader extends TreeScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;

    Reader(CompilationUnitTree unit, SourcePositions positions) {
      this.unit = unit;
      this.positions = positions;
    }

    @Override
    public Void visitImport(ImportTree tree, Void unused) {
      names.add(tree.getQualifiedIdentifier().toString());
      return null;
    }

    @Override
    public Void visitMemberSelect(MemberSelectTree tree, Void unused) {
      names.add(tree.toString());
      return super.visitMemberSelect(tree, null);
    }

    @Override
    public Void visitMemberReference(MemberReferenceTree tree, Void unused) {
      names.add(tree.getQualifierExpression() + "." + tree.getName());
      return super.visitMemberReference(tree, null);
    }

    @Override
    public Void visitLiteral(LiteralTree tree, Void unused) {
      if (tree.getValue() instanceof String text) {
        strings.add(text);
      }
      return null;
    }

    @Override
    public Void visitClass(ClassTree tree, Void unused) {
      types.add(tree.getSimpleName().toString());
      return super.visitClass(tree, null);
    }

    @Override
    public Void visitMethod(MethodTree tree, Void unused) {
      long first = line(positions.getStartPosition(unit, tree));
      long last = line(positions.getEndPosition(unit, tree));
      methods.add(
          new Method(
              tree.getName().toString(),
              (int) (last - first + 1),
              tree.getParameters().size(),
              tree.toString()));
      return super.visitMethod(tree, null);
    }

    private long line(long position) {
      return unit.getLineMap().getLineNumber(Math.max(0, position));
    }
  }
}
