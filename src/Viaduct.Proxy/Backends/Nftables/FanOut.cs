using System.Buffers.Text;
using System.Text;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>A chain that spreads connections over a number of endpoints. All frontends with as many endpoints share it.</summary>
/// <param name="ForNodePorts">For frontends that are node ports.</param>
/// <param name="IsLocal">Over the endpoints on this node, for clients from elsewhere (externalTrafficPolicy Local).</param>
/// <param name="Count">How many endpoints.</param>
/// <param name="AffinitySeconds">For how long a client stays with its endpoint; 0 is no affinity.</param>
internal readonly record struct FanOut(bool ForNodePorts, bool IsLocal, int Count, int AffinitySeconds = 0)
{
    private const string Affinity = "affinity-", NodePort = "nodeport-", Local = "local-", Name = "fan-out-";

    /// <summary>As <c>affinity-10800-nodeport-local-fan-out-3</c>.</summary>
    public string ChainName =>
        $"{(AffinitySeconds > 0 ? $"{Affinity}{AffinitySeconds}-" : "")}{(ForNodePorts ? NodePort : "")}{(IsLocal ? Local : "")}{Name}{Count}";

    public static FanOut? Parse(string chainName) => Parse(Encoding.UTF8.GetBytes(chainName));

    public static FanOut? Parse(ReadOnlySpan<byte> chainName)
    {
        var rest = chainName;
        var seconds = 0;
        if (Skip(ref rest, "affinity-"u8) && !(Number(ref rest, out seconds) && Skip(ref rest, "-"u8)))
            return null;
        var forNodePorts = Skip(ref rest, "nodeport-"u8);
        var isLocal = Skip(ref rest, "local-"u8);
        if (!Skip(ref rest, "fan-out-"u8) || !Number(ref rest, out var count) || !rest.IsEmpty)
            return null;
        return new FanOut(forNodePorts, isLocal, count, seconds);
    }

    private static bool Skip(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> start)
    {
        if (!text.StartsWith(start))
            return false;
        text = text[start.Length..];
        return true;
    }

    // Only as we write it: no sign, no leading zero.
    private static bool Number(ref ReadOnlySpan<byte> text, out int value)
    {
        if (!Utf8Parser.TryParse(text, out value, out var length) || value <= 0 || text[0] is < (byte)'1' or > (byte)'9')
            return false;
        text = text[length..];
        return true;
    }
}
