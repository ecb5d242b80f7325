using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Goes on only if a register compares with a value.</summary>
/// <param name="Operator">How.</param>
/// <param name="Register">The left side.</param>
/// <param name="Value">The right side; its length decides how much is compared.</param>
public sealed record CompareExpression(NftCompare Operator, NftRegister Register, NftData Value) : NftExpression
{
    internal const string KernelName = "cmp";

    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_CMP_SREG, Register.Number);
        writer.AddAttributeBigEndian(NFTA_CMP_OP, (uint)Operator);
        NftDataCodec.AddData(ref writer, NFTA_CMP_DATA, Value);
    }

    internal static CompareExpression Read(NlAttributes data)
    {
        var value = new CompareExpression(default, default, default);
        foreach (var attribute in data)
        {
            value = attribute.Type switch
            {
                NFTA_CMP_SREG => value with { Register = NftRegister.Read(attribute) },
                NFTA_CMP_OP => value with { Operator = (NftCompare)attribute.AsUInt32BigEndian() },
                NFTA_CMP_DATA => value with { Value = NftDataCodec.ReadData(attribute) },
                _ => value,
            };
        }

        return value;
    }
}

/// <summary>Comparisons (enum nft_cmp_ops); bytes are compared as big-endian numbers.</summary>
public enum NftCompare : uint
{
    /// <summary>Equal.</summary>
    Equal = 0,

    /// <summary>Not equal.</summary>
    NotEqual = 1,

    /// <summary>Less.</summary>
    Less = 2,

    /// <summary>Less or equal.</summary>
    LessOrEqual = 3,

    /// <summary>Greater.</summary>
    Greater = 4,

    /// <summary>Greater or equal.</summary>
    GreaterOrEqual = 5,
}
