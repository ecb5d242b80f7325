namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>What a verdict map says of a frontend.</summary>
internal readonly record struct FrontendVerdict(FrontendVerdictKind Kind, FanOut FanOut = default)
{
    /// <summary>No element.</summary>
    public static FrontendVerdict None => default;

    public static FrontendVerdict Drop => new(FrontendVerdictKind.Drop);

    /// <summary>An element that we never write.</summary>
    public static FrontendVerdict Foreign => new(FrontendVerdictKind.Foreign);

    public static FrontendVerdict To(FanOut fanOut) => new(FrontendVerdictKind.FanOut, fanOut);
}

internal enum FrontendVerdictKind : byte
{
    None,
    Drop,
    FanOut,
    Foreign,
}
