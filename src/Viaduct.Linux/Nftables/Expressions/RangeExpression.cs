using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Goes on only if a register lies in a range, bounds included, as <c>th dport 30000-32767</c>.</summary>
/// <param name="Register">What is compared.</param>
/// <param name="From">The lower bound.</param>
/// <param name="To">The upper bound.</param>
/// <param name="IsInverted">Goes on only if it lies outside.</param>
public sealed record RangeExpression(NftRegister Register, NftData From, NftData To, bool IsInverted = false) : NftExpression
{
    internal const string KernelName = "range";

    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_RANGE_SREG, Register.Number);
        writer.AddAttributeBigEndian(NFTA_RANGE_OP, IsInverted ? 1u : 0u);
        NftDataCodec.AddData(ref writer, NFTA_RANGE_FROM_DATA, From);
        NftDataCodec.AddData(ref writer, NFTA_RANGE_TO_DATA, To);
    }

    internal static RangeExpression Read(NlAttributes data)
    {
        var value = new RangeExpression(default, default, default);
        foreach (var attribute in data)
        {
            value = attribute.Type switch
            {
                NFTA_RANGE_SREG => value with { Register = NftRegister.Read(attribute) },
                NFTA_RANGE_OP => value with { IsInverted = attribute.AsUInt32BigEndian() != 0 },
                NFTA_RANGE_FROM_DATA => value with { From = NftDataCodec.ReadData(attribute) },
                NFTA_RANGE_TO_DATA => value with { To = NftDataCodec.ReadData(attribute) },
                _ => value,
            };
        }

        return value;
    }
}
