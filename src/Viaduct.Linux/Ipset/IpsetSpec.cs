using System.Net.Sockets;

namespace Viaduct.Linux.Ipset;

/// <summary>A set to be made; iptables rules match it by name. Like <c>ipset create NAME TYPE family FAMILY maxelem N</c>.</summary>
public sealed record IpsetSpec
{
    /// <summary>Its name, at most 31 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>What its entries are made of: hash:ip, hash:net, hash:ip,port and so on.</summary>
    public required string Type { get; init; }

    /// <summary>InterNetwork or InterNetworkV6.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>How many entries it takes; the kernel's default is 65,536.</summary>
    public uint MaxEntries { get; init; } = 1 << 20;

    /// <summary>Whether entries can carry a mark for packets. Like <c>skbinfo</c>.</summary>
    public bool HasMarks { get; init; }
}

/// <summary>A set as the kernel has it.</summary>
public sealed record IpsetInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What its entries are made of.</summary>
    public required string Type { get; init; }

    /// <summary>InterNetwork or InterNetworkV6.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>How many entries it takes.</summary>
    public uint MaxEntries { get; init; }

    /// <summary>Whether entries can carry a mark for packets.</summary>
    public bool HasMarks { get; init; }

    /// <summary>How many entries it has; null before Linux 4.9, which does not tell.</summary>
    public uint? Entries { get; init; }

    /// <summary>Whether it is what the spec says.</summary>
    public bool Is(IpsetSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Name == spec.Name && Type == spec.Type && Family == spec.Family && MaxEntries == spec.MaxEntries && HasMarks == spec.HasMarks;
    }
}
