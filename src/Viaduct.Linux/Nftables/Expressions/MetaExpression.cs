using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Loads what the kernel knows about a packet, or sets it, as <c>meta l4proto</c> or <c>meta mark set</c>.</summary>
/// <param name="Key">What.</param>
/// <param name="Register">Where it goes, or comes from.</param>
/// <param name="IsSet">Sets it instead of loading it.</param>
public sealed record MetaExpression(NftMetaKey Key, NftRegister Register, bool IsSet = false) : NftExpression
{
    internal const string KernelName = "meta";

    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_META_KEY, (uint)Key);
        writer.AddAttributeBigEndian(IsSet ? NFTA_META_SREG : NFTA_META_DREG, Register.Number);
    }

    internal static MetaExpression Read(NlAttributes data)
    {
        var value = new MetaExpression(default, default);
        foreach (var attribute in data)
        {
            if (attribute.Type == NFTA_META_KEY)
                value = value with { Key = (NftMetaKey)attribute.AsUInt32BigEndian() };
            else if (attribute.Type is NFTA_META_DREG or NFTA_META_SREG)
                value = value with { Register = NftRegister.Read(attribute), IsSet = attribute.Type == NFTA_META_SREG };
        }

        return value;
    }
}

/// <summary>What the kernel knows about a packet (enum nft_meta_keys).</summary>
public enum NftMetaKey : uint
{
    /// <summary>The packet mark.</summary>
    Mark = 3,

    /// <summary>Index of the device it came in by.</summary>
    InputInterface = 4,

    /// <summary>Index of the device it leaves by.</summary>
    OutputInterface = 5,

    /// <summary>Name of the device it came in by.</summary>
    InputInterfaceName = 6,

    /// <summary>Name of the device it leaves by.</summary>
    OutputInterfaceName = 7,

    /// <summary>NFPROTO_IPV4 or NFPROTO_IPV6, in tables of family inet.</summary>
    NetfilterProtocol = 15,

    /// <summary>The transport protocol's number.</summary>
    L4Protocol = 16,
}
