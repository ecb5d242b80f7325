using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Writes bytes of the packet, as <c>ether saddr set</c>. For headers without a checksum: Ethernet, ARP.</summary>
/// <param name="Base">Which header the offset counts from.</param>
/// <param name="Offset">Where in the header.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Register">Where they come from.</param>
public sealed record PayloadWriteExpression(NftPayloadBase Base, int Offset, int Length, NftRegister Register) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => PayloadExpression.KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_SREG, Register.Number);
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_BASE, (uint)Base);
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_OFFSET, Offset);
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_LEN, Length);
    }

    /// <summary>The kernel tells a checksum type always (nft_payload_set_dump); one that is to be kept right is not of this kind.</summary>
    internal static NftExpression Read(NlAttributes data)
    {
        var value = new PayloadWriteExpression(default, 0, 0, default);
        foreach (var attribute in data)
        {
            switch (attribute.Type)
            {
                case NFTA_PAYLOAD_SREG:
                    value = value with { Register = NftRegister.Read(attribute) };
                    break;
                case NFTA_PAYLOAD_BASE:
                    value = value with { Base = (NftPayloadBase)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_PAYLOAD_OFFSET:
                    value = value with { Offset = (int)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_PAYLOAD_LEN:
                    value = value with { Length = (int)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_PAYLOAD_CSUM_TYPE when attribute.AsUInt32BigEndian() != 0:
                    return UnknownExpression.Read(PayloadExpression.KernelName, data);
                default:
                    break;
            }
        }

        return value;
    }
}
