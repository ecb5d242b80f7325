namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>The chain that spreads connections over a number of endpoints. All frontends with that many endpoints share it.</summary>
internal readonly record struct FanOut(bool ForNodePorts, int Count)
{
    private const string Prefix = "fan-out-", NodePortPrefix = "nodeport-fan-out-";

    public string ChainName => $"{(ForNodePorts ? NodePortPrefix : Prefix)}{Count}";

    public static FanOut? Parse(string chainName) =>
        chainName.StartsWith(NodePortPrefix, StringComparison.Ordinal) && int.TryParse(chainName.AsSpan(NodePortPrefix.Length), out var forNodePorts)
            ? new FanOut(true, forNodePorts)
        : chainName.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(chainName.AsSpan(Prefix.Length), out var count)
            ? new FanOut(false, count)
        : null;
}
