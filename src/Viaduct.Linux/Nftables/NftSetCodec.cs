using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables.Expressions;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

internal static class NftSetCodec
{
    // NFTA_SET_TABLE, _NAME string; _FLAGS, _KEY_TYPE, _KEY_LEN be32; a map has _DATA_TYPE, _DATA_LEN be32; _ID be32 is a number of our own
    // that must differ within the batch (nf_tables_newset refuses a set without).
    public static void Write(ref NlWriter writer, NftTable table, NftSetSpec spec, int id)
    {
        writer.AddAttribute(NFTA_SET_TABLE, table.Name);
        writer.AddAttribute(NFTA_SET_NAME, spec.Name);
        writer.AddAttributeBigEndian(NFTA_SET_FLAGS, Flags(spec));
        writer.AddAttributeBigEndian(NFTA_SET_KEY_TYPE, spec.KeyType.Id);
        writer.AddAttributeBigEndian(NFTA_SET_KEY_LEN, spec.KeyType.Length);
        if (spec.DataType is { } data)
        {
            writer.AddAttributeBigEndian(NFTA_SET_DATA_TYPE, data.Id);
            if (data != NftType.Verdict)
                writer.AddAttributeBigEndian(NFTA_SET_DATA_LEN, data.Length);
        }

        writer.AddAttributeBigEndian(NFTA_SET_ID, id);
        WriteDescription(ref writer, spec);
        if (spec.HasCounter)
            NftExpression.Write(ref writer, NFTA_SET_EXPR, new CounterExpression());
        if (UserData(spec) is { Length: > 0 } userData)
            writer.AddAttribute(NFTA_SET_USERDATA, userData);
    }

    public static NftSetInfo? Read(NlMessage message, NftTable table)
    {
        var owner = "";
        uint flags = 0;
        var set = new NftSetInfo { Name = "", Handle = 0, KeyTypeId = 0, KeyLength = 0 };
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type == NFTA_SET_TABLE)
                owner = attribute.AsString();
            else if (attribute.Type == NFTA_SET_FLAGS)
                flags = attribute.AsUInt32BigEndian();
            else
                set = Read(set, attribute);
        }

        if (owner != table.Name || message.Header(NFGENMSG_SIZE)[0] != (byte)table.Family)
            return null;
        return set with
        {
            DataTypeId = (flags & NFT_SET_MAP) != 0 ? set.DataTypeId : null,
            IsInterval = (flags & NFT_SET_INTERVAL) != 0,
            IsDynamic = (flags & NFT_SET_EVAL) != 0,
            HasTimeout = (flags & NFT_SET_TIMEOUT) != 0,
        };
    }

    private static uint Flags(NftSetSpec spec) =>
        (spec.IsInterval ? NFT_SET_INTERVAL : 0)
        | (spec.IsInterval && spec.KeyType.IsConcatenation ? NFT_SET_CONCAT : 0)
        | (spec.DataType is null ? 0 : NFT_SET_MAP)
        | (spec.HasTimeout ? NFT_SET_TIMEOUT : 0)
        | (spec.IsDynamic ? NFT_SET_EVAL : 0);

    // Without being told, nft prints the bytes of a lone number in network order.
    private static byte[] UserData(NftSetSpec spec) =>
    [
        .. spec.KeyType == NftType.Mark ? NftUserData.Number(NFTNL_UDATA_SET_KEYBYTEORDER, BYTEORDER_HOST_ENDIAN) : [],
        .. spec.DataType == NftType.Mark ? NftUserData.Number(NFTNL_UDATA_SET_DATABYTEORDER, BYTEORDER_HOST_ENDIAN) : [],
        .. spec.Comment is null ? [] : NftUserData.Comment(NFTNL_UDATA_SET_COMMENT, spec.Comment),
    ];

    // NFTA_SET_DESC { NFTA_SET_DESC_SIZE be32, NFTA_SET_DESC_CONCAT { NFTA_LIST_ELEM { NFTA_SET_FIELD_LEN be32 (bytes, whatever the header says) }... } }
    private static void WriteDescription(ref NlWriter writer, NftSetSpec spec)
    {
        var hasFields = spec.IsInterval && spec.KeyType.IsConcatenation;
        if (spec.Size is null && !hasFields)
            return;
        var description = writer.BeginNested(NFTA_SET_DESC);
        if (spec.Size is { } size)
            writer.AddAttributeBigEndian(NFTA_SET_DESC_SIZE, size);
        if (hasFields)
        {
            var fields = writer.BeginNested(NFTA_SET_DESC_CONCAT);
            foreach (var length in spec.KeyType.FieldLengths())
            {
                var field = writer.BeginNested(NFTA_LIST_ELEM);
                writer.AddAttributeBigEndian(NFTA_SET_FIELD_LEN, length);
                writer.EndNested(field);
            }

            writer.EndNested(fields);
        }

        writer.EndNested(description);
    }

    private static NftSetInfo Read(NftSetInfo set, NlAttribute attribute) => attribute.Type switch
    {
        NFTA_SET_NAME => set with { Name = attribute.AsString() },
        NFTA_SET_HANDLE => set with { Handle = attribute.AsUInt64BigEndian() },
        NFTA_SET_KEY_TYPE => set with { KeyTypeId = attribute.AsUInt32BigEndian() },
        NFTA_SET_KEY_LEN => set with { KeyLength = (int)attribute.AsUInt32BigEndian() },
        NFTA_SET_DATA_TYPE => set with { DataTypeId = attribute.AsUInt32BigEndian() },
        NFTA_SET_DATA_LEN => set with { DataLength = (int)attribute.AsUInt32BigEndian() },
        NFTA_SET_COUNT => set with { Count = (int)attribute.AsUInt32BigEndian() },
        NFTA_SET_DESC => set with { Size = ReadSize(attribute) },
        NFTA_SET_EXPR => set with { HasCounter = IsCounter(attribute) },
        NFTA_SET_USERDATA => set with { Comment = NftUserData.FindComment(NFTNL_UDATA_SET_COMMENT, attribute.Value) },
        _ => set,
    };

    private static uint? ReadSize(NlAttribute description)
    {
        foreach (var attribute in description.Nested())
        {
            if (attribute.Type == NFTA_SET_DESC_SIZE)
                return attribute.AsUInt32BigEndian();
        }

        return null;
    }

    private static bool IsCounter(NlAttribute expression)
    {
        foreach (var attribute in expression.Nested())
        {
            if (attribute.Type == NFTA_EXPR_NAME)
                return attribute.AsString() == CounterExpression.KernelName;
        }

        return false;
    }
}
