using Viaduct.Linux.Netlink;
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
        writer.AddAttributeBigEndian(NFTA_SET_FLAGS, (spec.IsInterval ? NFT_SET_INTERVAL : 0) | (spec.DataType is null ? 0 : NFT_SET_MAP));
        writer.AddAttributeBigEndian(NFTA_SET_KEY_TYPE, spec.KeyType.Id);
        writer.AddAttributeBigEndian(NFTA_SET_KEY_LEN, spec.KeyType.Length);
        if (spec.DataType is { } data)
        {
            writer.AddAttributeBigEndian(NFTA_SET_DATA_TYPE, data.Id);
            if (data != NftType.Verdict)
                writer.AddAttributeBigEndian(NFTA_SET_DATA_LEN, data.Length);
        }

        writer.AddAttributeBigEndian(NFTA_SET_ID, id);
        if (spec.Comment is not null)
            writer.AddAttribute(NFTA_SET_USERDATA, NftUserData.Comment(NFTNL_UDATA_SET_COMMENT, spec.Comment));
    }

    public static NftSetInfo? Read(NlMessage message, NftTable table)
    {
        string owner = "", name = "";
        ulong handle = 0;
        uint flags = 0, keyType = 0, keyLength = 0, dataLength = 0;
        uint? dataType = null;
        string? comment = null;
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            switch (attribute.Type)
            {
                case NFTA_SET_TABLE:
                    owner = attribute.AsString();
                    break;
                case NFTA_SET_NAME:
                    name = attribute.AsString();
                    break;
                case NFTA_SET_HANDLE:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_SET_FLAGS:
                    flags = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_SET_KEY_TYPE:
                    keyType = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_SET_KEY_LEN:
                    keyLength = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_SET_DATA_TYPE:
                    dataType = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_SET_DATA_LEN:
                    dataLength = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_SET_USERDATA:
                    comment = NftUserData.FindComment(NFTNL_UDATA_SET_COMMENT, attribute.Value);
                    break;
            }
        }

        if (owner != table.Name || message.Header(NFGENMSG_SIZE)[0] != (byte)table.Family)
            return null;
        return new NftSetInfo
        {
            Name = name,
            Handle = handle,
            KeyTypeId = keyType,
            KeyLength = (int)keyLength,
            DataTypeId = (flags & NFT_SET_MAP) != 0 ? dataType : null,
            DataLength = (int)dataLength,
            IsInterval = (flags & NFT_SET_INTERVAL) != 0,
            Comment = comment,
        };
    }
}
