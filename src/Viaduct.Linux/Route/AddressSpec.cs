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

    /// <summary>
    /// The kernel never chooses it as a source by itself: it has <c>scope host</c> (IPv4) or is deprecated from the start (IPv6,
    /// <c>preferred_lft 0</c>; RFC 6724, rule 3).
    /// </summary>
    public bool IsNoSource { get; init; }

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
