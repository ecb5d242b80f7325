namespace Viaduct.Cluster.Supervision;

/// <summary>
/// What the supervisor tells <c>viaduct up</c> over its standard output, one line each: <c>step TEXT</c>, <c>ready</c> or <c>error TEXT</c>.
/// </summary>
public readonly record struct ProgressLine(ProgressKind Kind, string Text)
{
    public static ProgressLine Parse(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (word, text) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
        return word switch
        {
            "ready" => new ProgressLine(ProgressKind.Ready, text),
            "error" => new ProgressLine(ProgressKind.Error, text),
            "step" => new ProgressLine(ProgressKind.Step, text),
            _ => new ProgressLine(ProgressKind.Error, line),
        };
    }

    // One line must stay one line.
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()} {Text.ReplaceLineEndings(" ")}".TrimEnd();
}

public enum ProgressKind
{
    Step,
    Ready,
    Error,
}
