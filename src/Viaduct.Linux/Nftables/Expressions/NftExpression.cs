using System.Collections.Immutable;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>
/// One step of a rule. It reads and writes registers; when it does not match, the rule ends. Each kind is a record with its
/// netlink codec in one file; what this library does not know is an <see cref="UnknownExpression"/>.
/// </summary>
public abstract record NftExpression
{
    /// <summary>The kernel's name for this kind, such as <c>payload</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Writes the attributes inside NFTA_EXPR_DATA.</summary>
    internal abstract void WriteAttributes(ref NlWriter writer);

    // NFTA_RULE_EXPRESSIONS: NFTA_LIST_ELEM { NFTA_EXPR_NAME string, NFTA_EXPR_DATA nested }...
    internal static void WriteList(ref NlWriter writer, ImmutableArray<NftExpression> expressions)
    {
        var list = writer.BeginNested(NFTA_RULE_EXPRESSIONS);
        foreach (var expression in expressions)
            Write(ref writer, NFTA_LIST_ELEM, expression);
        writer.EndNested(list);
    }

    internal static void Write(ref NlWriter writer, ushort type, NftExpression expression)
    {
        var element = writer.BeginNested(type);
        writer.AddAttribute(NFTA_EXPR_NAME, expression.Name);
        var data = writer.BeginNested(NFTA_EXPR_DATA);
        expression.WriteAttributes(ref writer);
        writer.EndNested(data);
        writer.EndNested(element);
    }

    internal static ImmutableArray<NftExpression> ReadList(NlAttributes list)
    {
        var expressions = ImmutableArray.CreateBuilder<NftExpression>();
        foreach (var element in list)
        {
            var name = "";
            NlAttributes data = default;
            foreach (var attribute in element.Nested())
            {
                if (attribute.Type == NFTA_EXPR_NAME)
                    name = attribute.AsString();
                else if (attribute.Type == NFTA_EXPR_DATA)
                    data = attribute.Nested();
            }

            expressions.Add(Read(name, data));
        }

        return expressions.ToImmutable();
    }

    private static NftExpression Read(string name, NlAttributes data) => name switch
    {
        PayloadExpression.KernelName => PayloadExpression.Read(data),
        MetaExpression.KernelName => MetaExpression.Read(data),
        CompareExpression.KernelName => CompareExpression.Read(data),
        BitwiseExpression.KernelName => BitwiseExpression.Read(data),
        RangeExpression.KernelName => RangeExpression.Read(data),
        ImmediateExpression.KernelName => ImmediateExpression.Read(data),
        LookupExpression.KernelName => LookupExpression.Read(data),
        NumgenExpression.KernelName => NumgenExpression.Read(data),
        NatExpression.KernelName => NatExpression.Read(data),
        MasqueradeExpression.KernelName => MasqueradeExpression.Read(data),
        RejectExpression.KernelName => RejectExpression.Read(data),
        ConntrackExpression.KernelName => ConntrackExpression.Read(data),
        FibExpression.KernelName => FibExpression.Read(data),
        CounterExpression.KernelName => CounterExpression.Read(data),
        DynsetExpression.KernelName => DynsetExpression.Read(data),
        _ => UnknownExpression.Read(name, data),
    };
}
