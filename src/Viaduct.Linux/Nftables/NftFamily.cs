namespace Viaduct.Linux.Nftables;

/// <summary>Which packets a table sees (NFPROTO_*).</summary>
public enum NftFamily : byte
{
    /// <summary>IPv4 and IPv6 (<c>inet</c>).</summary>
    Inet = 1,

    /// <summary>IPv4 (<c>ip</c>).</summary>
    IPv4 = 2,

    /// <summary>ARP (<c>arp</c>).</summary>
    Arp = 3,

    /// <summary>Packets of one device (<c>netdev</c>).</summary>
    Netdev = 5,

    /// <summary>Bridged frames (<c>bridge</c>).</summary>
    Bridge = 7,

    /// <summary>IPv6 (<c>ip6</c>).</summary>
    IPv6 = 10,
}

internal static class NftFamilies
{
    /// <summary>The family as nft(8) writes it.</summary>
    public static string Text(this NftFamily family) => family switch
    {
        NftFamily.Inet => "inet",
        NftFamily.IPv4 => "ip",
        NftFamily.IPv6 => "ip6",
        NftFamily.Arp => "arp",
        NftFamily.Bridge => "bridge",
        NftFamily.Netdev => "netdev",
        _ => $"family {(byte)family}",
    };
}
