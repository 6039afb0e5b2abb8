package loupe.golden.quirk;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import loupe.golden.ModelParts;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * A wrong wire: an intermediate that is made from others than it should. Kinds of tensors are named
 * without their layer, such as {@code attn.hook_q}.
 *
 * @param edited kinds that are replaced
 * @param needed kinds that the editor asks for
 * @param editor makes the wrong value
 */
record HookEdit(Set<String> edited, Set<String> needed, Editor editor) {

  /** Makes a value. */
  interface Editor {
    Tensor edit(Pass pass, Tensor value);
  }

  /** An edit of one kind. */
  static ModelChange of(String edited, Set<String> needed, Editor editor) {
    return of(Set.of(edited), needed, editor);
  }

  /** An edit of several kinds. */
  static ModelChange of(Set<String> edited, Set<String> needed, Editor editor) {
    HookEdit edit = new HookEdit(edited, needed, editor);
    return parts -> parts.withHook(outer -> new Pass(parts, edit, parts.around().apply(outer)));
  }

  /** One forward pass under an edit: the hook, and what it has seen. */
  static final class Pass implements Hook {
    private final ModelParts parts;
    private final HookEdit edit;
    private final Hook outer;
    private final Map<String, Tensor> seen = new HashMap<>();
    private String current;
    private Rows rows;

    private Pass(ModelParts parts, HookEdit edit, Hook outer) {
      this.parts = parts;
      this.edit = edit;
      this.outer = outer;
    }

    Arithmetic arithmetic() {
      return parts.arithmetic();
    }

    ModelParts parts() {
      return parts;
    }

    /** The rows of the value that is edited. */
    Rows rows() {
      return rows;
    }

    /** The number of the layer of the value that is edited. */
    int layer() {
      int from = "blocks.".length();
      return Integer.parseInt(current.substring(from, current.indexOf('.', from)));
    }

    /** The name of the value that is edited, without its layer. */
    String kind() {
      return kind(current);
    }

    private static String kind(String name) {
      return name.startsWith("blocks.") ? name.substring(name.indexOf('.', 7) + 1) : name;
    }

    /**
     * A needed value: that of the same layer, else of the latest.
     *
     * @throws InputException if there was none, where not the whole model is computed
     */
    Tensor seen(String kind) {
      if (!seen.containsKey(kind)) {
        throw new InputException("nothing came before " + current + " as " + kind);
      }
      return seen.get(kind);
    }

    @Override
    public boolean watches(String name) {
      String kind = kind(name);
      return edit.edited.contains(kind) || edit.needed.contains(kind) || outer.watches(name);
    }

    @Override
    public Tensor at(String name, Tensor value, Rows at) {
      String kind = kind(name);
      Tensor own = value;
      if (edit.edited.contains(kind)) {
        current = name;
        rows = at;
        own = edit.editor.edit(this, value);
      }
      Tensor result = outer.watches(name) ? outer.at(name, own, at) : own;
      if (edit.needed.contains(kind)) {
        seen.put(kind, result);
      }
      return result;
    }
  }
}
