using System.Globalization;
using System.Text;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>
/// Input for iptables-restore --noflush. Each table is committed at once, and nothing else in it is touched. Remembers which line is for which edit,
/// because the program tells the number of a line that it refuses.
/// </summary>
internal sealed class RestoreScript
{
    private readonly StringBuilder text = new();
    private readonly List<(int FirstLine, RulesEdit Edit)> parts = [];
    private int line = 1;

    /// <param name="edits">What to write.</param>
    /// <param name="only">One table, or null for all.</param>
    public RestoreScript(IReadOnlyList<RulesEdit> edits, IptablesTable? only = null)
    {
        foreach (var table in Enum.GetValues<IptablesTable>().Where(t => only is null || only == t))
            Write(table, edits);
    }

    public bool IsEmpty => text.Length == 0;

    /// <summary>How many tables it writes, each in a commit of its own.</summary>
    public int Tables { get; private set; }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(text.ToString());

    /// <summary>Which edit a line is for.</summary>
    public RulesEdit? EditOf(int number) => parts.LastOrDefault(p => p.FirstLine <= number).Edit;

    private void Write(IptablesTable table, IReadOnlyList<RulesEdit> edits)
    {
        var before = text.Length;
        Add($"*{TableNames.Of(table)}");
        var isEmpty = true;
        foreach (var edit in edits)
            isEmpty &= !Write(table, edit);
        if (isEmpty)
        {
            text.Length = before;
            line--;
            return;
        }

        parts.Add((line, new() { After = InstalledPort.Nothing }));
        Add($"COMMIT");
        Tables++;
    }

    // Chains are emptied before any rule goes to them, and removed when nothing leads to them any more.
    private bool Write(IptablesTable table, RulesEdit edit)
    {
        var first = line;
        parts.Add((line, edit));
        foreach (var made in edit.MadeChains.Where(c => c.Table == table))
            Declare(made);
        foreach (var removed in edit.RemovedLines.Where(l => l.Chain.Table == table))
            Add($"-D {removed.Chain.Name} {removed.Text}");
        foreach (var chain in edit.Chains.Select(c => c.Id).Concat(edit.RemovedChains).Where(c => c.Table == table))
            Declare(chain);
        foreach (var chain in edit.Chains.Where(c => c.Id.Table == table))
            WriteRules(chain);
        foreach (var added in edit.AddedLines.Where(l => l.Chain.Table == table))
            Add($"{(IsAppended(edit, added.Chain) ? "-A" : "-I")} {added.Chain.Name} {added.Text}");
        foreach (var chain in edit.RemovedChains.Where(c => c.Table == table))
            Add($"-X {chain.Name}");
        if (line == first)
            parts.RemoveAt(parts.Count - 1);
        return line > first;
    }

    private void WriteRules(ChainSpec chain)
    {
        foreach (var rule in chain.Rules)
        {
            rule.Write(text.Append("-A ").Append(chain.Id.Name).Append(' ')).Append('\n');
            line++;
        }
    }

    // What matches everything else, as node ports do, stands behind the lines of Services.
    private static bool IsAppended(RulesEdit edit, ChainId chain) => edit.Port is null && chain.Name.StartsWith("KUBE-", StringComparison.Ordinal);

    private void Declare(ChainId chain) => Add($":{chain.Name} - [0:0]");

    private void Add(FormattableString one)
    {
        text.Append(one.ToString(CultureInfo.InvariantCulture)).Append('\n');
        line++;
    }
}
