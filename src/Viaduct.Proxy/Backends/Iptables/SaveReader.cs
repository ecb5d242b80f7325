namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Reads the output of iptables-save line by line; keeps of it only what is this mode's.</summary>
internal sealed class SaveReader : IDisposable
{
    private readonly ChainDigest digest = new();
    private IptablesTable? table;
    private ChainId? open;

    public FoundRules Found { get; } = new();

    public void Read(string line)
    {
        if (line.StartsWith('*'))
            table = TableNames.Find(line.AsSpan(1));
        else if (table is { } inside && line.StartsWith(':'))
            Declare(new(inside, line[1..line.IndexOf(' ', StringComparison.Ordinal)]));
        else if (table is { } of && line.StartsWith("-A ", StringComparison.Ordinal))
            ReadRule(of, line);
        else if (line == "COMMIT")
            Close();
    }

    /// <summary>Where a rule leads to: the word after its last -j.</summary>
    public static string TargetOf(string rule)
    {
        const string Jump = "-j ";
        var at = rule.LastIndexOf(Jump, StringComparison.Ordinal);
        if (at < 0)
            return "";
        var target = rule.AsSpan(at + Jump.Length);
        return (target.IndexOf(' ') is var end and >= 0 ? target[..end] : target).ToString();
    }

    public void Dispose() => digest.Dispose();

    private void Declare(ChainId chain)
    {
        if (ChainNames.OfLines.Contains(chain) || chain == ChainNames.Firewall)
            Found.SharedChains.Add(chain);
        else if (IsWhole(chain))
            Found.Chains[chain] = ChainDigest.Empty;
    }

    private void ReadRule(IptablesTable of, string line)
    {
        var end = line.IndexOf(' ', 3);
        if (end < 0)
            end = line.Length;
        var name = line.AsSpan(3, end - 3);
        var chain = open is { } same && same.Table == of && name.SequenceEqual(same.Name) ? same : new ChainId(of, name.ToString());
        var text = line.AsSpan(Math.Min(end + 1, line.Length));
        if (IsWhole(chain))
        {
            if (open != chain)
                Close();
            open = chain;
            digest.Add(text);
        }
        else if (Found.SharedChains.Contains(chain) || TargetOf(line).StartsWith("KUBE-", StringComparison.Ordinal))
        {
            Add(new(chain, text.ToString()));
        }
    }

    private void Add(ChainLine line)
    {
        if (!Found.Lines.Add(line))
            Found.Doubles.Add(line);
    }

    private void Close()
    {
        if (open is { } chain)
            Found.Chains[chain] = digest.Finish();
        open = null;
    }

    private bool IsWhole(ChainId chain) => open == chain || ChainNames.IsOfService(chain.Name) || ChainNames.Constant.Contains(chain);
}
