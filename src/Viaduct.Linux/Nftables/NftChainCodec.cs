using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

internal static class NftChainCodec
{
    // NFTA_CHAIN_TABLE, _NAME string; a base chain has _HOOK { NFTA_HOOK_HOOKNUM be32, NFTA_HOOK_PRIORITY be32 }, _POLICY be32, _TYPE string
    public static void Write(ref NlWriter writer, NftTable table, NftChainSpec spec)
    {
        writer.AddAttribute(NFTA_CHAIN_TABLE, table.Name);
        writer.AddAttribute(NFTA_CHAIN_NAME, spec.Name);
        if (spec.Hook is { } hook)
        {
            var nested = writer.BeginNested(NFTA_CHAIN_HOOK);
            writer.AddAttributeBigEndian(NFTA_HOOK_HOOKNUM, (uint)hook.Point);
            writer.AddAttributeBigEndian(NFTA_HOOK_PRIORITY, hook.Priority);
            writer.EndNested(nested);
            if (hook.Policy is { } policy)
                writer.AddAttributeBigEndian(NFTA_CHAIN_POLICY, (uint)policy);
            writer.AddAttribute(NFTA_CHAIN_TYPE, TypeName(hook.Type));
        }

        if (spec.Comment is not null)
            writer.AddAttribute(NFTA_CHAIN_USERDATA, NftUserData.Comment(NFTNL_UDATA_CHAIN_COMMENT, spec.Comment));
    }

    public static NftChainInfo? Read(NlMessage message, NftTable table)
    {
        string owner = "", name = "", type = "";
        ulong handle = 0;
        uint uses = 0;
        uint? point = null, policy = null;
        var priority = 0;
        string? comment = null;
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            switch (attribute.Type)
            {
                case NFTA_CHAIN_TABLE:
                    owner = attribute.AsString();
                    break;
                case NFTA_CHAIN_NAME:
                    name = attribute.AsString();
                    break;
                case NFTA_CHAIN_HANDLE:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_CHAIN_USE:
                    uses = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_CHAIN_TYPE:
                    type = attribute.AsString();
                    break;
                case NFTA_CHAIN_POLICY:
                    policy = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_CHAIN_HOOK:
                    (point, priority) = ReadHook(attribute);
                    break;
                case NFTA_CHAIN_USERDATA:
                    comment = NftUserData.FindComment(NFTNL_UDATA_CHAIN_COMMENT, attribute.Value);
                    break;
            }
        }

        if (owner != table.Name || message.Header(NFGENMSG_SIZE)[0] != (byte)table.Family)
            return null;
        var hook = point is { } p && ParseType(type) is { } t ? new NftHookSpec(t, (NftHookPoint)p, priority, (NftPolicy?)policy) : null;
        return new NftChainInfo { Name = name, Handle = handle, Uses = uses, Hook = hook, Comment = comment };
    }

    private static (uint Point, int Priority) ReadHook(NlAttribute attribute)
    {
        uint point = 0;
        var priority = 0;
        foreach (var part in attribute.Nested())
        {
            if (part.Type == NFTA_HOOK_HOOKNUM)
                point = part.AsUInt32BigEndian();
            else if (part.Type == NFTA_HOOK_PRIORITY)
                priority = (int)part.AsUInt32BigEndian();
        }

        return (point, priority);
    }

    private static string TypeName(NftChainType type) => type switch
    {
        NftChainType.Nat => "nat",
        NftChainType.Route => "route",
        _ => "filter",
    };

    private static NftChainType? ParseType(string name) => name switch
    {
        "filter" => NftChainType.Filter,
        "nat" => NftChainType.Nat,
        "route" => NftChainType.Route,
        _ => null,
    };
}
