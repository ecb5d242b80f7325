namespace Viaduct.Linux.Nftables;

/// <summary>A chain to make: a base chain when <see cref="Hook"/> is set, otherwise one that rules jump to.</summary>
public sealed record NftChainSpec
{
    /// <summary>The chain's name, unique in its table.</summary>
    public required string Name { get; init; }

    /// <summary>Where the kernel calls it; null for a regular chain.</summary>
    public NftHookSpec? Hook { get; init; }

    /// <summary>Shown by <c>nft list</c>.</summary>
    public string? Comment { get; init; }
}

/// <summary>Where a base chain hangs.</summary>
/// <param name="Type">What the chain may do.</param>
/// <param name="Point">The netfilter hook.</param>
/// <param name="Priority">Order among the chains of the hook, smaller first; see <see cref="NftPriority"/>.</param>
/// <param name="Policy">What happens to a packet that no rule decides on; the kernel's default is accept.</param>
public sealed record NftHookSpec(NftChainType Type, NftHookPoint Point, int Priority, NftPolicy? Policy = null);

/// <summary>What a base chain may do.</summary>
public enum NftChainType
{
    /// <summary>Accept, drop and reject (<c>filter</c>).</summary>
    Filter,

    /// <summary>Address translation; sees only the first packet of a connection (<c>nat</c>).</summary>
    Nat,

    /// <summary>Like filter, and routes the packet again when it was changed (<c>route</c>).</summary>
    Route,
}

/// <summary>The netfilter hooks of the families ip, ip6 and inet (NF_INET_*).</summary>
public enum NftHookPoint : uint
{
    /// <summary>Every packet that came in, before routing.</summary>
    Prerouting = 0,

    /// <summary>Packets for this host.</summary>
    Input = 1,

    /// <summary>Packets that are routed through.</summary>
    Forward = 2,

    /// <summary>Packets from this host.</summary>
    Output = 3,

    /// <summary>Every packet that leaves, after routing.</summary>
    Postrouting = 4,
}

/// <summary>What a base chain does with packets that no rule decides on.</summary>
public enum NftPolicy : uint
{
    /// <summary>The packet is dropped.</summary>
    Drop = 0,

    /// <summary>The packet goes on.</summary>
    Accept = 1,
}

/// <summary>Well-known priorities of base chains (NF_IP_PRI_*).</summary>
public static class NftPriority
{
    /// <summary>Before connection tracking (<c>raw</c>).</summary>
    public const int Raw = -300;

    /// <summary>Where packets are marked (<c>mangle</c>).</summary>
    public const int Mangle = -150;

    /// <summary>Where destinations are translated (<c>dstnat</c>).</summary>
    public const int DestinationNat = -100;

    /// <summary>Where packets are filtered (<c>filter</c>).</summary>
    public const int Filter = 0;

    /// <summary>Where sources are translated (<c>srcnat</c>).</summary>
    public const int SourceNat = 100;
}

/// <summary>A chain read from the kernel.</summary>
public sealed record NftChainInfo
{
    /// <summary>The chain's name.</summary>
    public required string Name { get; init; }

    /// <summary>The kernel's number for it.</summary>
    public required ulong Handle { get; init; }

    /// <summary>Where it hangs; null for a regular chain, and when the type or hook is none that this library names.</summary>
    public NftHookSpec? Hook { get; init; }

    /// <summary>How many rules it has and jumps lead to it.</summary>
    public required uint Uses { get; init; }

    /// <summary>Its comment, or null.</summary>
    public string? Comment { get; init; }
}
