using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables.Expressions;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

/// <summary>Elements as attributes: NFTA_SET_ELEM_KEY data, _DATA data, _FLAGS be32, _USERDATA bytes, inside NFTA_LIST_ELEM.</summary>
internal static class NftElementCodec
{
    private const int AttributeHeader = 4;

    public static void Write(ref NlWriter writer, NftElement element, bool keyOnly)
    {
        var item = writer.BeginNested(NFTA_LIST_ELEM);
        NftDataCodec.AddData(ref writer, NFTA_SET_ELEM_KEY, element.Key);
        if (element.IsIntervalEnd)
            writer.AddAttributeBigEndian(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
        if (!keyOnly)
            WriteContent(ref writer, element);
        writer.EndNested(item);
    }

    /// <summary>An upper bound of what <see cref="Write"/> writes.</summary>
    public static int Size(NftElement element)
    {
        var size = (3 * AttributeHeader) + Align(element.Key.Length);
        if (element.IsIntervalEnd)
            size += AttributeHeader + 4;
        if (element.Value is { } value)
            size += (2 * AttributeHeader) + Align(value.Length);
        if (element.Verdict is { } verdict)
            size += (5 * AttributeHeader) + Align((verdict.Chain?.Length ?? 0) + 1);
        if (element.Comment is { } comment)
            size += AttributeHeader + Align(Math.Min(byte.MaxValue, System.Text.Encoding.UTF8.GetMaxByteCount(comment.Length)) + 3);
        return size;
    }

    public static NftElement Read(NlAttributes attributes)
    {
        NftData key = default;
        (NftData? Value, NftVerdict? Verdict) content = default;
        string? comment = null;
        var isEnd = false;
        foreach (var attribute in attributes)
        {
            if (attribute.Type == NFTA_SET_ELEM_KEY)
                key = NftDataCodec.ReadData(attribute);
            else if (attribute.Type == NFTA_SET_ELEM_DATA)
                content = NftDataCodec.Read(attribute);
            else if (attribute.Type == NFTA_SET_ELEM_FLAGS)
                isEnd = (attribute.AsUInt32BigEndian() & NFT_SET_ELEM_INTERVAL_END) != 0;
            else if (attribute.Type == NFTA_SET_ELEM_USERDATA)
                comment = NftUserData.FindComment(NFTNL_UDATA_SET_ELEM_COMMENT, attribute.Value);
        }

        return new NftElement(key) { Value = content.Value, Verdict = content.Verdict, Comment = comment, IsIntervalEnd = isEnd };
    }

    private static void WriteContent(ref NlWriter writer, NftElement element)
    {
        if (element.Value is { } value)
            NftDataCodec.AddData(ref writer, NFTA_SET_ELEM_DATA, value);
        if (element.Verdict is { } verdict)
            NftDataCodec.AddVerdict(ref writer, NFTA_SET_ELEM_DATA, verdict);
        if (element.Comment is { } comment)
            writer.AddAttribute(NFTA_SET_ELEM_USERDATA, NftUserData.Comment(NFTNL_UDATA_SET_ELEM_COMMENT, comment));
    }

    private static int Align(int length) => (length + 3) & ~3;
}
