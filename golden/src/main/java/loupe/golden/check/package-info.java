/**
 * Judging another program's numbers: is a difference rounding, or a bug, and where does it begin?
 *
 * <p>Start with {@link loupe.golden.check.TeacherForcing}, the hook that compares each of our
 * values, computed from the other program's inputs, with its own, and then goes on with the latter;
 * then {@link loupe.golden.check.TensorJudge}, which compares one tensor, and {@link
 * loupe.golden.check.BiasTest}, which sees what no single element shows. {@link
 * loupe.golden.check.Grader} runs it all and makes a {@link loupe.golden.check.Report}.
 */
package loupe.golden.check;
