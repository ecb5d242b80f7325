using System.Net.Sockets;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>Evaluates the expressions of rules on one packet, as the kernel's nft_*_eval functions do.</summary>
internal sealed partial class ExpressionEvaluator(NftRuleset ruleset, NftHost host, TracedPacket packet, Choices choices)
{
    private const byte RtnUnicast = 1, RtnLocal = 2;
    private static readonly NftVerdict Continue = new(NftVerdictKind.Continue), Break = new(NftVerdictKind.Break);

    private readonly List<string> notes = [];

    // What each rule must load before it reads: newer kernels refuse a rule that reads what it did not write.
    private Registers registers = new();
    private bool isRejected;

    /// <summary>Runs a rule until an expression does not match or decides.</summary>
    public RuleStep Evaluate(NftRuleSpec rule)
    {
        registers = new Registers();
        notes.Clear();
        foreach (var expression in rule.Expressions)
        {
            var verdict = Evaluate(expression);
            if (verdict.Kind == NftVerdictKind.Continue)
                continue;
            if (verdict.Kind == NftVerdictKind.Break)
                return new RuleStep(Continue, Notes());
            notes.Add(verdict.ToString());
            return new RuleStep(verdict, Notes(), isRejected);
        }

        return new RuleStep(Continue, Notes());
    }

    private string Notes() => string.Join(", ", notes);

    private NftVerdict Evaluate(NftExpression expression) => expression switch
    {
        PayloadExpression payload => Load(payload),
        MetaExpression { IsSet: true } meta => SetMeta(meta),
        MetaExpression meta => Store(meta.Register, Meta(meta.Key)),
        ConntrackExpression conntrack => Store(conntrack.Register, Conntrack(conntrack)),
        FibExpression fib => Store(fib.Register, NftData.Word(host.IsLocal(fib.IsSource ? packet.Original.Source : packet.Destination) ? RtnLocal : RtnUnicast).Span),
        NumgenExpression numgen => Store(numgen.Register, NftData.Word(choices.Choose(numgen.Modulus) + numgen.Offset).Span),
        ImmediateExpression { Verdict: { } verdict } => verdict,
        ImmediateExpression immediate => Store(immediate.Register, (immediate.Value ?? default).Span),
        BitwiseExpression bitwise => Bitwise(bitwise),
        CompareExpression compare => If(Compare(compare)),
        RangeExpression range => If(IsInRange(range) != range.IsInverted),
        LookupExpression lookup => LookUp(lookup),
        DynsetExpression dynset => Change(dynset),
        NatExpression nat => Translate(nat),
        MasqueradeExpression => Masquerade(),
        RejectExpression => Reject(),
        CounterExpression => Continue,
        _ => throw new NotSupportedException($"A rule of table {ruleset.Table} has expression '{expression.Name}', which the tracer cannot evaluate."),
    };

    private static NftVerdict If(bool condition) => condition ? Continue : Break;

    private NftVerdict Store(NftRegister register, ReadOnlySpan<byte> value)
    {
        registers.Store(register, value);
        return Continue;
    }

    private NftVerdict Load(PayloadExpression payload)
    {
        var header = payload.Base switch
        {
            NftPayloadBase.NetworkHeader => packet.NetworkHeader,
            NftPayloadBase.TransportHeader => packet.TransportHeader,
            _ => throw new NotSupportedException($"A rule of table {ruleset.Table} reads the {payload.Base}, which the tracer does not have."),
        };
        return payload.Offset + payload.Length <= header.Length
            ? Store(payload.Register, header.AsSpan(payload.Offset, payload.Length))
            : throw new NotSupportedException($"A rule of table {ruleset.Table} reads {payload.Length} bytes at {payload.Offset} of the {payload.Base}, which the tracer does not have.");
    }

    private NftVerdict SetMeta(MetaExpression meta)
    {
        if (meta.Key != NftMetaKey.Mark)
            throw new NotSupportedException($"A rule of table {ruleset.Table} sets meta {meta.Key}, which the tracer cannot do.");
        packet.Mark = BitConverter.ToUInt32(registers.Read(meta.Register, 4));
        notes.Add($"meta mark set 0x{packet.Mark:x8}");
        return Continue;
    }

    private ReadOnlySpan<byte> Meta(NftMetaKey key) => key switch
    {
        NftMetaKey.L4Protocol => NftData.Byte(packet.Original.Protocol).Span,
        NftMetaKey.NetfilterProtocol => NftData.Byte((byte)(packet.Original.Source.AddressFamily == AddressFamily.InterNetwork ? NftFamily.IPv4 : NftFamily.IPv6)).Span,
        NftMetaKey.InputInterfaceName => NftData.InterfaceName(packet.InputInterface).Span,
        NftMetaKey.OutputInterfaceName => NftData.InterfaceName(packet.OutputInterface).Span,
        NftMetaKey.Mark => NftData.Word(packet.Mark).Span,
        _ => throw new NotSupportedException($"A rule of table {ruleset.Table} reads meta {key}, which the tracer does not have."),
    };

    // The original direction only: a reply's is never what a rule about Services asks for.
    private ReadOnlySpan<byte> Conntrack(ConntrackExpression conntrack) => (conntrack.Key, conntrack.Direction) switch
    {
        (NftConntrackKey.State, _) => NftData.Word((uint)(packet.Original.IsNew ? NftConntrackState.New : NftConntrackState.Established)).Span,
        (NftConntrackKey.Status, _) => NftData.Word((uint)Status()).Span,
        (NftConntrackKey.Protocol, NftDirection.Original) => NftData.Byte(packet.Original.Protocol).Span,
        (NftConntrackKey.SourcePort, NftDirection.Original) => NftData.Port(packet.Original.SourcePort).Span,
        (NftConntrackKey.DestinationPort, NftDirection.Original) => NftData.Port(packet.Original.DestinationPort).Span,
        (NftConntrackKey.SourceIPv4 or NftConntrackKey.SourceIPv6, NftDirection.Original) => packet.Original.Source.GetAddressBytes(),
        (NftConntrackKey.DestinationIPv4 or NftConntrackKey.DestinationIPv6, NftDirection.Original) => packet.Original.Destination.GetAddressBytes(),
        _ => throw new NotSupportedException($"A rule of table {ruleset.Table} reads ct {conntrack.Direction} {conntrack.Key}, which the tracer does not have."),
    };

    private NftConntrackStatus Status() =>
        (packet.HasDestinationNat ? NftConntrackStatus.DestinationNat : 0) | (packet.HasSourceNat ? NftConntrackStatus.SourceNat : 0);

    private NftVerdict Bitwise(BitwiseExpression bitwise)
    {
        var value = registers.Read(bitwise.Source, bitwise.Mask.Length).ToArray();
        for (var i = 0; i < value.Length; i++)
            value[i] = (byte)((value[i] & bitwise.Mask.Span[i]) ^ bitwise.Xor.Span[i]);
        return Store(bitwise.Destination, value);
    }

    private bool Compare(CompareExpression compare)
    {
        var order = registers.Read(compare.Register, compare.Value.Length).SequenceCompareTo(compare.Value.Span);
        return compare.Operator switch
        {
            NftCompare.Equal => order == 0,
            NftCompare.NotEqual => order != 0,
            NftCompare.Less => order < 0,
            NftCompare.LessOrEqual => order <= 0,
            NftCompare.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private bool IsInRange(RangeExpression range) =>
        registers.Read(range.Register, range.From.Length).SequenceCompareTo(range.From.Span) >= 0
        && registers.Read(range.Register, range.To.Length).SequenceCompareTo(range.To.Span) <= 0;
}
