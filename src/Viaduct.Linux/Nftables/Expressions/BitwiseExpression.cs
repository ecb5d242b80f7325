using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Computes <c>(source &amp; mask) ^ xor</c>, for masks, prefixes and setting bits.</summary>
/// <param name="Source">The left side.</param>
/// <param name="Destination">Where the result goes.</param>
/// <param name="Mask">Bits that are kept.</param>
/// <param name="Xor">Bits that are then turned; as long as the mask.</param>
public sealed record BitwiseExpression(NftRegister Source, NftRegister Destination, NftData Mask, NftData Xor) : NftExpression
{
    internal const string KernelName = "bitwise";

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary>Keeps the bits of <paramref name="mask"/> in place.</summary>
    public static BitwiseExpression And(NftRegister register, NftData mask) => new(register, register, mask, new NftData(new byte[mask.Length]));

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_BITWISE_SREG, Source.Number);
        writer.AddAttributeBigEndian(NFTA_BITWISE_DREG, Destination.Number);
        writer.AddAttributeBigEndian(NFTA_BITWISE_LEN, Mask.Length);
        NftDataCodec.AddData(ref writer, NFTA_BITWISE_MASK, Mask);
        NftDataCodec.AddData(ref writer, NFTA_BITWISE_XOR, Xor);
    }

    internal static NftExpression Read(NlAttributes data)
    {
        var value = new BitwiseExpression(default, default, default, default);
        foreach (var attribute in data)
        {
            switch (attribute.Type)
            {
                case NFTA_BITWISE_SREG:
                    value = value with { Source = NftRegister.Read(attribute) };
                    break;
                case NFTA_BITWISE_DREG:
                    value = value with { Destination = NftRegister.Read(attribute) };
                    break;
                case NFTA_BITWISE_MASK:
                    value = value with { Mask = NftDataCodec.ReadData(attribute) };
                    break;
                case NFTA_BITWISE_XOR:
                    value = value with { Xor = NftDataCodec.ReadData(attribute) };
                    break;
                case NFTA_BITWISE_OP when attribute.AsUInt32BigEndian() != 0:
                    // A shift, or an operation between registers.
                    return UnknownExpression.Read(KernelName, data);
            }
        }

        return value;
    }
}
