using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Values and verdicts as attributes: NFTA_DATA_VALUE bytes, or NFTA_DATA_VERDICT { NFTA_VERDICT_CODE be32, NFTA_VERDICT_CHAIN string }.</summary>
internal static class NftDataCodec
{
    public static void AddData(ref NlWriter writer, ushort type, NftData value)
    {
        var data = writer.BeginNested(type);
        writer.AddAttribute(NFTA_DATA_VALUE, value.Span);
        writer.EndNested(data);
    }

    public static void AddVerdict(ref NlWriter writer, ushort type, NftVerdict value)
    {
        var data = writer.BeginNested(type);
        var verdict = writer.BeginNested(NFTA_DATA_VERDICT);
        writer.AddAttributeBigEndian(NFTA_VERDICT_CODE, (int)value.Kind);
        if (value.Chain is not null)
            writer.AddAttribute(NFTA_VERDICT_CHAIN, value.Chain);
        writer.EndNested(verdict);
        writer.EndNested(data);
    }

    public static (NftData? Value, NftVerdict? Verdict) Read(NlAttribute attribute)
    {
        foreach (var data in attribute.Nested())
        {
            if (data.Type == NFTA_DATA_VALUE)
                return (new NftData(data.Value), null);
            if (data.Type == NFTA_DATA_VERDICT)
                return (null, ReadVerdict(data));
        }

        return default;
    }

    public static NftData ReadData(NlAttribute attribute) => Read(attribute).Value ?? default;

    private static NftVerdict ReadVerdict(NlAttribute attribute)
    {
        var kind = NftVerdictKind.Continue;
        string? chain = null;
        foreach (var part in attribute.Nested())
        {
            if (part.Type == NFTA_VERDICT_CODE)
                kind = (NftVerdictKind)(int)part.AsUInt32BigEndian();
            else if (part.Type == NFTA_VERDICT_CHAIN)
                chain = part.AsString();
        }

        return new NftVerdict(kind, chain);
    }
}
