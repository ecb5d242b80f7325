using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables.Expressions;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

/// <summary>Reads and changes the nftables rules of one network namespace, over netlink. Safe for use by several threads.</summary>
public sealed class NftClient : IDisposable
{
    private readonly NetlinkChannel channel;

    /// <summary>For the calling thread's network namespace, whichever thread uses the client.</summary>
    public NftClient()
        : this(new NetlinkSocket(NETLINK_NETFILTER))
    {
    }

    /// <summary>Over a given transport, which the client then owns.</summary>
    public NftClient(INetlinkTransport transport) => channel = new NetlinkChannel(transport);

    /// <summary>For another network namespace.</summary>
    public static NftClient In(NetNamespace ns) => ns.Run(() => new NftClient());

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    /// <summary>Makes all changes of the batch at once. When the kernel refuses one, none is made and the exception names it.</summary>
    /// <exception cref="NetlinkException">The kernel refused a change.</exception>
    public void Commit(NftBatch batch)
    {
        if (batch.IsEmpty)
            return;
        var writer = new NlWriter(batch.SizeHint + 256);
        try
        {
            WriteBatch(ref writer, batch);
            var failed = 0;
            try
            {
                channel.ExecuteBatch(ref writer, "changing nftables", index => Remember(index, out failed));
            }
            catch (NetlinkException e) when (e.Item is not null)
            {
                throw new NetlinkException(e.Operation, e.Errno, e.KernelMessage, e.Offset, Describe(batch, failed, e.Offset));
            }
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Lists the tables of all families. Like <c>nft list tables</c>.</summary>
    public IReadOnlyList<NftTableInfo> ListTables() =>
        Dump(NFT_MSG_GETTABLE, 0, "listing nftables tables", (ref NlWriter _) => { }, ReadTable);

    /// <summary>Finds a table; null when it is not there.</summary>
    public NftTableInfo? FindTable(NftTable table) => ListTables().FirstOrDefault(t => t.Table == table);

    /// <summary>Lists the chains of a table; none when the table is not there. Like <c>nft list chains</c>.</summary>
    public IReadOnlyList<NftChainInfo> ListChains(NftTable table) =>
        Dump(NFT_MSG_GETCHAIN, table.Family, $"listing the chains of table {table}", (ref NlWriter _) => { }, message => NftChainCodec.Read(message, table));

    /// <summary>Lists the rules of a table, or of one of its chains, in their order.</summary>
    public IReadOnlyList<NftRuleInfo> ListRules(NftTable table, string? chain = null) =>
        Dump(
            NFT_MSG_GETRULE,
            table.Family,
            $"listing the rules of table {table}",
            (ref NlWriter writer) =>
            {
                writer.AddAttribute(NFTA_RULE_TABLE, table.Name);
                if (chain is not null)
                    writer.AddAttribute(NFTA_RULE_CHAIN, chain);
            },
            ReadRule);

    /// <summary>Lists the sets and maps of a table; none when the table is not there. Like <c>nft list sets</c>.</summary>
    public IReadOnlyList<NftSetInfo> ListSets(NftTable table) =>
        Dump(NFT_MSG_GETSET, table.Family, $"listing the sets of table {table}", (ref NlWriter _) => { }, message => NftSetCodec.Read(message, table));

    /// <summary>Lists the elements of a set or map. Like <c>nft list set</c>.</summary>
    /// <remarks>
    /// A hash set that has just grown is resized in the background, and a walk that meets the resizing begins again (-EAGAIN in nft_rhash_walk,
    /// net/netfilter/nft_set_hash.c): the kernel then tells elements twice. Here each comes once.
    /// </remarks>
    public IReadOnlyList<NftElement> ListElements(NftTable table, string set) =>
        [.. Dump(
            NFT_MSG_GETSETELEM,
            table.Family,
            $"listing the elements of set {set} of table {table}",
            (ref NlWriter writer) =>
            {
                writer.AddAttribute(NFTA_SET_ELEM_LIST_TABLE, table.Name);
                writer.AddAttribute(NFTA_SET_ELEM_LIST_SET, set);
            },
            ReadElements).SelectMany(list => list).DistinctBy(e => (e.Key, e.IsIntervalEnd))];

    /// <summary>A number that every change to any table of the namespace increases.</summary>
    public uint GetGeneration()
    {
        var writer = new NlWriter(64);
        try
        {
            BeginMessage(ref writer, NFT_MSG_GETGEN, NLM_F_REQUEST | NLM_F_ACK, 0);
            writer.EndMessage();
            return channel.Request(ref writer, "reading the generation of nftables", ReadGeneration)[0];
        }
        finally
        {
            writer.Dispose();
        }
    }

    private delegate void WriteFilter(ref NlWriter writer);

    private IReadOnlyList<T> Dump<T>(ushort type, NftFamily family, string operation, WriteFilter filter, NlParser<T> parse)
        where T : class
    {
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, type, NLM_F_REQUEST | NLM_F_DUMP, family);
            filter(ref writer);
            writer.EndMessage();
            return channel.Dump(ref writer, operation, parse);
        }
        finally
        {
            writer.Dispose();
        }
    }

    // NFNL_MSG_BATCH_BEGIN, the messages, NFNL_MSG_BATCH_END, all in one datagram. Only the last message asks for an acknowledgement: errors come
    // for every message unasked, and thousands of acknowledgements would not fit into the socket's receive buffer.
    private static void WriteBatch(ref NlWriter writer, NftBatch batch)
    {
        WriteBatchMark(ref writer, NFNL_MSG_BATCH_BEGIN);
        for (var i = 0; i < batch.Count; i++)
        {
            var command = batch.Commands[i];
            var acknowledge = i == batch.Count - 1 ? NLM_F_ACK : (ushort)0;
            BeginMessage(ref writer, command.MessageType, (ushort)(NLM_F_REQUEST | command.Flags | acknowledge), command.Table.Family);
            command.WriteAttributes(ref writer, i + 1);
            writer.EndMessage();
        }

        WriteBatchMark(ref writer, NFNL_MSG_BATCH_END);
    }

    // struct nfgenmsg of the marks: the subsystem in res_id, big-endian.
    private static void WriteBatchMark(ref NlWriter writer, ushort type)
    {
        writer.BeginMessage(type, NLM_F_REQUEST);
        writer.AddHeader(NFGENMSG_SIZE)[3] = (byte)NFNL_SUBSYS_NFTABLES;
        writer.EndMessage();
    }

    private static void BeginMessage(ref NlWriter writer, ushort type, int flags, NftFamily family)
    {
        writer.BeginMessage((ushort)((NFNL_SUBSYS_NFTABLES << 8) | type), (ushort)flags);
        writer.AddHeader(NFGENMSG_SIZE)[0] = (byte)family;
    }

    private static string Remember(int index, out int remembered) => $"message {remembered = index}";

    // Index 0 is the mark at the batch's begin: the kernel reports there what concerns the batch as a whole.
    private static string? Describe(NftBatch batch, int index, int? offset) =>
        index >= 1 && index <= batch.Count ? batch.Commands[index - 1].DescribeAt(offset) : null;

    private static NftTableInfo ReadTable(NlMessage message)
    {
        var name = "";
        ulong handle = 0;
        string? comment = null;
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type == NFTA_TABLE_NAME)
                name = attribute.AsString();
            else if (attribute.Type == NFTA_TABLE_HANDLE)
                handle = attribute.AsUInt64BigEndian();
            else if (attribute.Type == NFTA_TABLE_USERDATA)
                comment = NftUserData.FindComment(NFTNL_UDATA_TABLE_COMMENT, attribute.Value);
        }

        return new NftTableInfo(new NftTable((NftFamily)message.Header(NFGENMSG_SIZE)[0], name), handle, comment);
    }

    private static NftRuleInfo ReadRule(NlMessage message)
    {
        var rule = new NftRuleInfo { Chain = "", Handle = 0, Expressions = [] };
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            rule = attribute.Type switch
            {
                NFTA_RULE_CHAIN => rule with { Chain = attribute.AsString() },
                NFTA_RULE_HANDLE => rule with { Handle = attribute.AsUInt64BigEndian() },
                NFTA_RULE_EXPRESSIONS => rule with { Expressions = NftExpression.ReadList(attribute.Nested()) },
                NFTA_RULE_USERDATA => rule with { Comment = NftUserData.FindComment(NFTNL_UDATA_RULE_COMMENT, attribute.Value) },
                _ => rule,
            };
        }

        return rule;
    }

    private static List<NftElement> ReadElements(NlMessage message)
    {
        var elements = new List<NftElement>();
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type != NFTA_SET_ELEM_LIST_ELEMENTS)
                continue;
            foreach (var element in attribute.Nested())
                elements.Add(NftElementCodec.Read(element.Nested()));
        }

        return elements;
    }

    private static uint ReadGeneration(NlMessage message)
    {
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type == NFTA_GEN_ID)
                return attribute.AsUInt32BigEndian();
        }

        return 0;
    }
}
