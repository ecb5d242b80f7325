using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Looks a key up in a set, a map (the value goes into a register) or a verdict map (the verdict is taken). Not found ends the rule.</summary>
/// <param name="Set">Name of the set or map.</param>
/// <param name="Register">Where the key begins.</param>
public sealed record LookupExpression(string Set, NftRegister Register) : NftExpression
{
    internal const string KernelName = "lookup";

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary>For a map: where the value goes; <see cref="NftRegister.Verdict"/> for a verdict map. Null for a set.</summary>
    public NftRegister? Destination { get; init; }

    /// <summary>Goes on only if the key is not in the set.</summary>
    public bool IsInverted { get; init; }

    /// <summary><c>vmap @map</c></summary>
    public static LookupExpression VerdictMap(string map, NftRegister register) => new(map, register) { Destination = NftRegister.Verdict };

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttribute(NFTA_LOOKUP_SET, Set);
        writer.AddAttributeBigEndian(NFTA_LOOKUP_SREG, Register.Number);
        if (Destination is { } destination)
            writer.AddAttributeBigEndian(NFTA_LOOKUP_DREG, destination.Number);
        if (IsInverted)
            writer.AddAttributeBigEndian(NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
    }

    internal static LookupExpression Read(NlAttributes data)
    {
        var value = new LookupExpression("", default);
        foreach (var attribute in data)
        {
            value = attribute.Type switch
            {
                NFTA_LOOKUP_SET => value with { Set = attribute.AsString() },
                NFTA_LOOKUP_SREG => value with { Register = NftRegister.Read(attribute) },
                NFTA_LOOKUP_DREG => value with { Destination = NftRegister.Read(attribute) },
                NFTA_LOOKUP_FLAGS => value with { IsInverted = (attribute.AsUInt32BigEndian() & NFT_LOOKUP_F_INV) != 0 },
                _ => value,
            };
        }

        return value;
    }
}
