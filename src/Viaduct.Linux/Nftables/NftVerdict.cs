namespace Viaduct.Linux.Nftables;

/// <summary>What to do with a packet.</summary>
/// <param name="Kind">The decision.</param>
/// <param name="Chain">Where to go, for jump and goto only.</param>
public sealed record NftVerdict(NftVerdictKind Kind, string? Chain = null)
{
    /// <summary>The packet goes on to the next chain of the hook.</summary>
    public static NftVerdict Accept { get; } = new(NftVerdictKind.Accept);

    /// <summary>The packet is dropped.</summary>
    public static NftVerdict Drop { get; } = new(NftVerdictKind.Drop);

    /// <summary>Back to the chain that jumped here.</summary>
    public static NftVerdict Return { get; } = new(NftVerdictKind.Return);

    /// <summary>Goes on in <paramref name="chain"/> and comes back after it.</summary>
    public static NftVerdict Jump(string chain) => new(NftVerdictKind.Jump, chain);

    /// <summary>Goes on in <paramref name="chain"/> and does not come back.</summary>
    public static NftVerdict Goto(string chain) => new(NftVerdictKind.Goto, chain);

    /// <summary>As nft(8) writes it.</summary>
    public override string ToString() =>
        Kind.ToString().ToLowerInvariant() + (Chain is null ? "" : " " + Chain);
}

/// <summary>The kernel's verdict codes (NF_ACCEPT..., enum nft_verdicts).</summary>
public enum NftVerdictKind
{
    /// <summary>Drops the packet.</summary>
    Drop = 0,

    /// <summary>Lets the packet go on.</summary>
    Accept = 1,

    /// <summary>Goes on with the next rule.</summary>
    Continue = -1,

    /// <summary>Ends the rule.</summary>
    Break = -2,

    /// <summary>Calls a chain.</summary>
    Jump = -3,

    /// <summary>Goes to a chain for good.</summary>
    Goto = -4,

    /// <summary>Returns to the calling chain.</summary>
    Return = -5,
}
