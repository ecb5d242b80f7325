using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>The rules that one owner, usually a Service port, should have.</summary>
internal sealed record PortPlan(ImmutableArray<ChainSpec> Chains, ImmutableArray<ChainLine> Lines)
{
    public static PortPlan Nothing { get; } = new([], []);
}

/// <summary>The rules that an owner has: of a chain only a digest, for nobody needs its text again.</summary>
internal sealed record InstalledPort((ChainId Id, UInt128 Digest)[] Chains, ImmutableArray<ChainLine> Lines)
{
    public static InstalledPort Nothing { get; } = new([], []);

    public bool IsEmpty => Chains.Length == 0 && Lines.IsEmpty;
}

/// <summary>Digests the text of a chain, rule by rule.</summary>
internal sealed class ChainDigest : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly StringBuilder text = new();

    public static UInt128 Empty { get; } = new ChainDigest().Finish();

    public UInt128 Of(ImmutableArray<RuleSpec> rules)
    {
        foreach (var rule in rules)
            Add(rule.Write(text.Clear()));
        return Finish();
    }

    public void Add(ReadOnlySpan<char> rule)
    {
        hash.AppendData(MemoryMarshal.AsBytes(rule));
        hash.AppendData("\n\0"u8);
    }

    public UInt128 Finish()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return MemoryMarshal.Read<UInt128>(digest);
    }

    public void Dispose() => hash.Dispose();

    private void Add(StringBuilder rule)
    {
        foreach (var chunk in rule.GetChunks())
            hash.AppendData(MemoryMarshal.AsBytes(chunk.Span));
        hash.AppendData("\n\0"u8);
    }
}
