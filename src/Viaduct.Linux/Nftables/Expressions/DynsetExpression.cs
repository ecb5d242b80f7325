using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>
/// Changes a set or map from the packet's path, as <c>add @set { ip saddr timeout 10s }</c>. Ends the rule if an element to add is not there afterwards
/// (the set is full) or one to delete was not there.
/// </summary>
/// <param name="Operation">What to do.</param>
/// <param name="Set">Name of a set or map with <see cref="NftSetSpec.IsDynamic"/>.</param>
/// <param name="Key">Where the key begins.</param>
public sealed record DynsetExpression(NftDynsetOperation Operation, string Set, NftRegister Key) : NftExpression
{
    internal const string KernelName = "dynset";

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary>For a map, even to delete (nft_dynset_init): where the value begins. An element that is there keeps its value.</summary>
    public NftRegister? Value { get; init; }

    /// <summary>After which time without update the element goes away; null means the set's own, or never.</summary>
    public TimeSpan? Timeout { get; init; }

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttribute(NFTA_DYNSET_SET_NAME, Set);
        writer.AddAttributeBigEndian(NFTA_DYNSET_OP, (uint)Operation);
        writer.AddAttributeBigEndian(NFTA_DYNSET_SREG_KEY, Key.Number);
        if (Value is { } value)
            writer.AddAttributeBigEndian(NFTA_DYNSET_SREG_DATA, value.Number);
        if (Timeout is { } timeout)
            writer.AddAttributeBigEndian(NFTA_DYNSET_TIMEOUT, (ulong)timeout.TotalMilliseconds);
    }

    internal static NftExpression Read(NlAttributes data)
    {
        var value = new DynsetExpression(default, "", default);
        foreach (var attribute in data)
        {
            switch (attribute.Type)
            {
                case NFTA_DYNSET_SET_NAME:
                    value = value with { Set = attribute.AsString() };
                    break;
                case NFTA_DYNSET_OP:
                    value = value with { Operation = (NftDynsetOperation)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_DYNSET_SREG_KEY:
                    value = value with { Key = NftRegister.Read(attribute) };
                    break;
                case NFTA_DYNSET_SREG_DATA:
                    value = value with { Value = NftRegister.Read(attribute) };
                    break;
                case NFTA_DYNSET_TIMEOUT:
                    // The kernel tells 0 for none.
                    value = value with { Timeout = attribute.AsUInt64BigEndian() is > 0 and var ms ? TimeSpan.FromMilliseconds(ms) : null };
                    break;
                case NFTA_DYNSET_FLAGS when attribute.AsUInt32BigEndian() == 0:
                    break;
                default:
                    // It is inverted, or runs expressions.
                    return UnknownExpression.Read(KernelName, data);
            }
        }

        return value;
    }
}

/// <summary>What to do with an element (enum nft_dynset_ops).</summary>
public enum NftDynsetOperation : uint
{
    /// <summary>Adds it; one that is there keeps its time.</summary>
    Add = 0,

    /// <summary>Adds it, or renews the time of one that is there.</summary>
    Update = 1,

    /// <summary>Deletes it.</summary>
    Delete = 2,
}
