using System.Net;

namespace Viaduct.Linux.Route;

/// <summary>An address to be put on a link, with the length of its on-link prefix.</summary>
public sealed record AddressSpec
{
    /// <summary>The link.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The prefix length; the kernel adds a route for the prefix.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>An IPv6 address is used at once, without asking the link whether somebody has it (<c>nodad</c>).</summary>
    public bool SkipsDuplicateDetection { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Address}/{PrefixLength}";
}

/// <summary>An address as the kernel tells it.</summary>
public sealed record AddressInfo
{
    /// <summary>The link.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The address (IFA_LOCAL where the kernel tells it).</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The prefix length.</summary>
    public required int PrefixLength { get; init; }
}
