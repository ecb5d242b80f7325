namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Which of the two kernel interfaces the programs use; rules in one are not seen by the other.</summary>
public enum IptablesVariant
{
    /// <summary>iptables-nft: tables of nftables that look like those of iptables.</summary>
    Nft,

    /// <summary>iptables-legacy: ip_tables.</summary>
    Legacy,
}
