using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Loads a number from 0 to <paramref name="Modulus"/> - 1, as <c>numgen random mod 3</c>, in the host's byte order.</summary>
/// <param name="Modulus">How many numbers there are.</param>
/// <param name="Register">Where it goes.</param>
/// <param name="IsRandom">By chance instead of one after the other.</param>
/// <param name="Offset">Added to the number.</param>
public sealed record NumgenExpression(uint Modulus, NftRegister Register, bool IsRandom = true, uint Offset = 0) : NftExpression
{
    internal const string KernelName = "numgen";

    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_NG_DREG, Register.Number);
        writer.AddAttributeBigEndian(NFTA_NG_MODULUS, Modulus);
        writer.AddAttributeBigEndian(NFTA_NG_TYPE, IsRandom ? NFT_NG_RANDOM : NFT_NG_INCREMENTAL);
        writer.AddAttributeBigEndian(NFTA_NG_OFFSET, Offset);
    }

    internal static NumgenExpression Read(NlAttributes data)
    {
        var value = new NumgenExpression(0, default);
        foreach (var attribute in data)
        {
            value = attribute.Type switch
            {
                NFTA_NG_DREG => value with { Register = NftRegister.Read(attribute) },
                NFTA_NG_MODULUS => value with { Modulus = attribute.AsUInt32BigEndian() },
                NFTA_NG_TYPE => value with { IsRandom = attribute.AsUInt32BigEndian() == NFT_NG_RANDOM },
                NFTA_NG_OFFSET => value with { Offset = attribute.AsUInt32BigEndian() },
                _ => value,
            };
        }

        return value;
    }
}
