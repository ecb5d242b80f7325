using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Counts the packets that come so far in the rule.</summary>
/// <param name="Packets">Packets counted.</param>
/// <param name="Bytes">Bytes counted.</param>
public sealed record CounterExpression(ulong Packets = 0, ulong Bytes = 0) : NftExpression
{
    internal const string KernelName = "counter";

    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_COUNTER_BYTES, Bytes);
        writer.AddAttributeBigEndian(NFTA_COUNTER_PACKETS, Packets);
    }

    internal static CounterExpression Read(NlAttributes data)
    {
        var value = new CounterExpression();
        foreach (var attribute in data)
        {
            value = attribute.Type switch
            {
                NFTA_COUNTER_BYTES => value with { Bytes = attribute.AsUInt64BigEndian() },
                NFTA_COUNTER_PACKETS => value with { Packets = attribute.AsUInt64BigEndian() },
                _ => value,
            };
        }

        return value;
    }
}
