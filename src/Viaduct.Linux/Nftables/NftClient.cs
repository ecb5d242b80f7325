using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables.Expressions;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

/// <summary>Reads and changes the nftables rules of one network namespace, over netlink. Safe for use by several threads.</summary>
public sealed class NftClient : IDisposable
{
    private const int MaxReadings = 20;

    private readonly NetlinkChannel channel;

    /// <summary>For the calling thread's network namespace, whichever thread uses the client.</summary>
    public NftClient()
        : this(new NetlinkSocket(NETLINK_NETFILTER))
    {
    }

    /// <summary>Over a given transport, which the client then owns.</summary>
    public NftClient(INetlinkTransport transport) => channel = new NetlinkChannel(transport);

    /// <summary>The netlink port that <see cref="NftTransaction.PortId"/> names for what this client commits.</summary>
    public uint PortId => channel.PortId;

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
    /// A hash set that has just grown is resized in the background, and a walk that meets the resizing tells some elements twice and others not at all
    /// (nft_rhash_walk, net/netfilter/nft_set_hash.c): the number is always right. So a list in which one came twice is read anew.
    /// </remarks>
    public IReadOnlyList<NftElement> ListElements(NftTable table, string set)
    {
        var elements = new Dictionary<(NftData Key, bool IsEnd), NftElement>();
        ReadElements(table, set, elements.Clear, (in view) =>
        {
            var element = view.ToElement();
            elements.TryAdd((element.Key, element.IsIntervalEnd), element);
        });
        return [.. elements.Values];
    }

    /// <summary>Shows the elements of a set or map one by one as they come from the kernel. For very many; the visitor must not use this client.</summary>
    /// <param name="table">The table.</param>
    /// <param name="set">The set or map.</param>
    /// <param name="begin">Called before the first element, and again whenever the list begins anew.</param>
    /// <param name="visit">Called once for each element.</param>
    public void ReadElements(NftTable table, string set, Action begin, NftElementVisitor visit)
    {
        for (var attempt = 1; !ReadOnce(table, set, begin, visit) && attempt < MaxReadings; attempt++)
        {
        }
    }

    /// <summary>Finds a set or map; null when it is not there.</summary>
    public NftSetInfo? GetSet(NftTable table, string set)
    {
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, NFT_MSG_GETSET, NLM_F_REQUEST | NLM_F_ACK, table.Family);
            writer.AddAttribute(NFTA_SET_TABLE, table.Name);
            writer.AddAttribute(NFTA_SET_NAME, set);
            writer.EndMessage();
            return channel.Request(ref writer, $"reading set {set} of table {table}", message => NftSetCodec.Read(message, table)) is [var only, ..] ? only : null;
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return null;
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Finds the element with a key, or the one whose range holds it; null when it, the set or the table is not there. Like <c>nft get element</c>.</summary>
    public NftElement? GetElement(NftTable table, string set, NftData key)
    {
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, NFT_MSG_GETSETELEM, NLM_F_REQUEST | NLM_F_ACK, table.Family);
            new ElementsCommand(table, set, IsDelete: true, new NftElement(key)).WriteAttributes(ref writer, 0);
            writer.EndMessage();
            return channel.Request(ref writer, $"reading element {key} of set {set} of table {table}", ReadElement) is [var only, ..] ? only : null;
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return null;
        }
        finally
        {
            writer.Dispose();
        }
    }

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

    // False if an element came twice.
    private bool ReadOnce(NftTable table, string set, Action begin, NftElementVisitor visit)
    {
        var seen = new HashSet<ulong>();
        var isComplete = true;
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, NFT_MSG_GETSETELEM, NLM_F_REQUEST | NLM_F_DUMP, table.Family);
            writer.AddAttribute(NFTA_SET_ELEM_LIST_TABLE, table.Name);
            writer.AddAttribute(NFTA_SET_ELEM_LIST_SET, set);
            writer.EndMessage();
            channel.Visit(ref writer, $"listing the elements of set {set} of table {table}", Begin, message => VisitElements(message, VisitNew));
            return isComplete;
        }
        finally
        {
            writer.Dispose();
        }

        void Begin()
        {
            seen.Clear();
            isComplete = true;
            begin();
        }

        void VisitNew(in NftElementView element)
        {
            if (seen.Add(Fingerprint(element)))
                visit(element);
            else
                isComplete = false;
        }
    }

    // 64 bits, for of a hundred thousand fingerprints of 32 bits two are equal by chance.
    private static ulong Fingerprint(in NftElementView element)
    {
        var hash = element.IsIntervalEnd ? 1ul : 2ul;
        foreach (var bytes in element.Key)
            hash = (hash ^ bytes) * 0x9e3779b97f4a7c15;
        foreach (var bytes in element.KeyEnd)
            hash = (hash ^ bytes) * 0x9e3779b97f4a7c15;
        return hash ^ (hash >> 32);
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
        var (index, last) = (0, batch.Count);
        foreach (var command in batch.Commands)
        {
            var acknowledge = ++index == last ? NLM_F_ACK : (ushort)0;
            BeginMessage(ref writer, command.MessageType, (ushort)(NLM_F_REQUEST | command.Flags | acknowledge), command.Table.Family);
            command.WriteAttributes(ref writer, index);
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
        index < 1 ? null : batch.Commands.ElementAtOrDefault(index - 1)?.DescribeAt(offset);

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

    private static void VisitElements(NlMessage message, NftElementVisitor visit)
    {
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type != NFTA_SET_ELEM_LIST_ELEMENTS)
                continue;
            foreach (var element in attribute.Nested())
                visit(NftElementCodec.Read(element.Nested()));
        }
    }

    private static NftElement? ReadElement(NlMessage message)
    {
        NftElement? found = null;
        VisitElements(message, (in element) => found ??= element.ToElement());
        return found;
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
