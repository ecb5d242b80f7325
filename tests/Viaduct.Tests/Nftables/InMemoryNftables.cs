using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Tests.Nftables;

/// <summary>
/// The tables of a kernel in memory, for <c>new NftClient(transport)</c>: takes batches all or not at all, gives back what it was given. It checks that
/// things are there or not yet, nothing else; rules are traced, not run.
/// </summary>
internal sealed class InMemoryNftables : INetlinkTransport
{
    private readonly Queue<byte[]> answers = new();
    private State state = new();

    /// <summary>How many transactions were committed.</summary>
    public uint Generation { get; private set; } = 1;

    public void Dispose()
    {
    }

    public void Send(ReadOnlySpan<byte> datagram)
    {
        var isBatch = false;
        var isFailed = false;
        var changed = state.Copy();
        foreach (var message in new NlReader(datagram))
        {
            if (message.Type is NFNL_MSG_BATCH_BEGIN or NFNL_MSG_BATCH_END)
            {
                isBatch = true;
                continue;
            }

            var kind = (ushort)(message.Type & 0xff);
            if (IsRead(kind))
            {
                Answer(message, kind);
                continue;
            }

            var errno = changed.Change(message, kind);
            isFailed |= errno != 0;
            if (errno != 0 || (message.Flags & NLM_F_ACK) != 0)
                Acknowledge(message, errno);
        }

        if (isBatch && !isFailed)
        {
            state = changed;
            Generation++;
        }
    }

    public int Receive(Span<byte> buffer, bool wait = true)
    {
        if (!answers.TryDequeue(out var answer))
            return wait ? throw new InvalidOperationException("The client waits for an answer that will not come.") : 0;
        answer.CopyTo(buffer);
        return answer.Length;
    }

    private static bool IsRead(ushort kind) =>
        kind is NFT_MSG_GETTABLE or NFT_MSG_GETCHAIN or NFT_MSG_GETRULE or NFT_MSG_GETSET or NFT_MSG_GETSETELEM or NFT_MSG_GETGEN;

    private void Answer(NlMessage request, ushort kind)
    {
        var errno = 0;
        if (kind == NFT_MSG_GETGEN)
            Send(request, NFT_MSG_NEWGEN, 0, [Attribute.Number(NFTA_GEN_ID, Generation)]);
        else
            errno = AnswerWithObjects(request, kind);
        if ((request.Flags & NLM_F_DUMP) == NLM_F_DUMP)
            Done(request, errno);
        else if (errno != 0 || (request.Flags & NLM_F_ACK) != 0)
            Acknowledge(request, errno);
    }

    private int AnswerWithObjects(NlMessage request, ushort kind)
    {
        var objects = state.Find(request, kind).ToList();
        if (objects.Count == 0 && (request.Flags & NLM_F_DUMP) != NLM_F_DUMP)
            return Errno.ENOENT;
        foreach (var (type, family, attributes) in objects)
            Send(request, type, family, attributes);
        return 0;
    }

    private void Send(NlMessage request, ushort type, byte family, IEnumerable<Attribute> attributes)
    {
        var writer = new NlWriter(1024);
        writer.BeginMessage((ushort)((NFNL_SUBSYS_NFTABLES << 8) | type), 0);
        writer.AddHeader(NFGENMSG_SIZE)[0] = family;
        foreach (var attribute in attributes)
            writer.AddAttribute(attribute.Type, attribute.Value);
        Enqueue(ref writer, request);
    }

    private void Done(NlMessage request, int errno)
    {
        var writer = new NlWriter(64);
        writer.BeginMessage(NLMSG_DONE, 0);
        MemoryMarshal.Write(writer.AddHeader(sizeof(int)), -errno);
        Enqueue(ref writer, request);
    }

    private void Acknowledge(NlMessage request, int errno)
    {
        var writer = new NlWriter(64);
        writer.BeginMessage(NLMSG_ERROR, NLM_F_CAPPED);
        MemoryMarshal.Write(writer.AddHeader(sizeof(int)), -errno);
        request.Bytes[..16].CopyTo(writer.AddHeader(16));
        Enqueue(ref writer, request);
    }

    private void Enqueue(ref NlWriter writer, NlMessage request)
    {
        writer.EndMessage();
        var answer = writer.Written.ToArray();
        writer.Dispose();
        MemoryMarshal.Write(answer.AsSpan(8), request.Sequence);
        answers.Enqueue(answer);
    }

    private sealed record Attribute(ushort Type, byte[] Value)
    {
        public static Attribute Number(ushort type, uint value)
        {
            var bytes = BitConverter.GetBytes(value);
            Array.Reverse(bytes);
            return new Attribute(type, bytes);
        }

        public static Attribute Handle(ushort type, ulong value)
        {
            var bytes = BitConverter.GetBytes(value);
            Array.Reverse(bytes);
            return new Attribute(type, bytes);
        }
    }

    private sealed class Object(byte family, string table, string name, ulong handle, List<Attribute> attributes)
    {
        public byte Family => family;

        public string Table => table;

        public string Name => name;

        public ulong Handle => handle;

        public IReadOnlyList<Attribute> Attributes => attributes;

        /// <summary>Of a set, by key.</summary>
        public Dictionary<string, Attribute> Elements { get; private init; } = [];

        public Object Copy() => new(family, table, name, handle, attributes) { Elements = new(Elements) };
    }

    private sealed class State
    {
        private ulong lastHandle;

        private List<Object> Tables { get; set; } = [];

        private List<Object> Chains { get; set; } = [];

        private List<Object> Rules { get; set; } = [];

        private List<Object> Sets { get; set; } = [];

        public State Copy() => new() { lastHandle = lastHandle, Tables = [.. Tables], Chains = [.. Chains], Rules = [.. Rules], Sets = [.. Sets.Select(s => s.Copy())] };

        public int Change(NlMessage message, ushort kind)
        {
            var family = message.Header(NFGENMSG_SIZE)[0];
            var (table, name) = Names(message, kind);
            return kind switch
            {
                NFT_MSG_NEWTABLE => Add(Tables, message, family, table, table, NFTA_TABLE_HANDLE),
                NFT_MSG_DELTABLE => DeleteTable(family, table),
                NFT_MSG_NEWCHAIN => Add(Chains, message, family, table, name, NFTA_CHAIN_HANDLE),
                NFT_MSG_DELCHAIN => Delete(Chains, family, table, name),
                NFT_MSG_NEWRULE => AddRule(message, family, table, name),
                NFT_MSG_DELRULE => DeleteRules(message, family, table, name),
                NFT_MSG_NEWSET => Add(Sets, message, family, table, name, NFTA_SET_HANDLE),
                NFT_MSG_DELSET => Delete(Sets, family, table, name),
                NFT_MSG_NEWSETELEM => ChangeElements(message, family, table, name, AddElement),
                NFT_MSG_DELSETELEM => ChangeElements(message, family, table, name, DeleteElement),
                _ => throw new InvalidOperationException($"A message of type {kind} is sent, which this stand-in does not know."),
            };
        }

        public IEnumerable<(ushort Type, byte Family, IEnumerable<Attribute> Attributes)> Find(NlMessage request, ushort kind)
        {
            var family = request.Header(NFGENMSG_SIZE)[0];
            var (table, name) = Names(request, kind);
            var key = kind == NFT_MSG_GETSETELEM ? FirstKey(request) : null;
            var objects = kind switch
            {
                NFT_MSG_GETTABLE => Tables,
                NFT_MSG_GETCHAIN => Chains,
                NFT_MSG_GETRULE => Rules,
                _ => Sets,
            };
            var found = objects.Where(o => (family == 0 || o.Family == family) && (table.Length == 0 || o.Table == table) && (name.Length == 0 || o.Name == name));
            return kind != NFT_MSG_GETSETELEM
                ? [.. found.Select(o => ((ushort)(kind - 1), o.Family, (IEnumerable<Attribute>)o.Attributes))]
                : [.. found.SelectMany(s => s.Elements.Where(e => key is null || e.Key == key), (s, e) => ((ushort)NFT_MSG_NEWSETELEM, s.Family, ElementMessage(s, e.Value)))];
        }

        private static (string Table, string Name) Names(NlMessage message, ushort kind)
        {
            // The table is attribute 1 of all; the chain or set is 2, but 3 of a chain (NFTA_CHAIN_NAME).
            var nameType = kind is NFT_MSG_NEWCHAIN or NFT_MSG_GETCHAIN or NFT_MSG_DELCHAIN ? NFTA_CHAIN_NAME : (ushort)2;
            string table = "", name = "";
            foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
            {
                if (attribute.Type == NFTA_TABLE_NAME)
                    table = attribute.AsString();
                else if (attribute.Type == nameType && kind is not (NFT_MSG_NEWTABLE or NFT_MSG_DELTABLE or NFT_MSG_GETTABLE))
                    name = attribute.AsString();
            }

            return (table, name);
        }

        private static IEnumerable<Attribute> ElementMessage(Object set, Attribute element)
        {
            var writer = new NlWriter(1024);
            writer.AddAttribute((ushort)(NFTA_LIST_ELEM | NLA_F_NESTED), element.Value);
            var list = writer.Written.ToArray();
            writer.Dispose();
            return [.. set.Attributes.Where(a => a.Type is NFTA_SET_TABLE or NFTA_SET_NAME), new Attribute(NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED, list)];
        }

        private static string? FirstKey(NlMessage request)
        {
            foreach (var attribute in request.Attributes(NFGENMSG_SIZE))
            {
                if (attribute.Type != NFTA_SET_ELEM_LIST_ELEMENTS)
                    continue;
                foreach (var element in attribute.Nested())
                    return Key(element);
            }

            return null;
        }

        private static string Key(NlAttribute element)
        {
            var key = "";
            foreach (var part in element.Nested())
            {
                if (part.Type is NFTA_SET_ELEM_KEY or NFTA_SET_ELEM_KEY_END or NFTA_SET_ELEM_FLAGS)
                    key += $"{part.Type}:{Convert.ToHexString(part.Value)} ";
            }

            return key;
        }

        private int Add(List<Object> objects, NlMessage message, byte family, string table, string name, ushort handleType)
        {
            if (objects.Exists(o => o.Family == family && o.Table == table && o.Name == name))
                return 0;
            if (objects != Tables && !Tables.Exists(t => t.Family == family && t.Table == table))
                return Errno.ENOENT;
            objects.Add(New(message, family, table, name, handleType));
            return 0;
        }

        private Object New(NlMessage message, byte family, string table, string name, ushort handleType)
        {
            var attributes = new List<Attribute>();
            foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
                attributes.Add(new Attribute((ushort)(attribute.Type | (attribute.IsNested ? NLA_F_NESTED : 0)), attribute.Value.ToArray()));
            attributes.Add(Attribute.Handle(handleType, ++lastHandle));
            return new Object(family, table, name, lastHandle, attributes);
        }

        private int DeleteTable(byte family, string table)
        {
            foreach (var objects in new[] { Chains, Rules, Sets })
                objects.RemoveAll(o => o.Family == family && o.Table == table);
            return Delete(Tables, family, table, table);
        }

        private static int Delete(List<Object> objects, byte family, string table, string name) =>
            objects.RemoveAll(o => o.Family == family && o.Table == table && o.Name == name) == 0 ? Errno.ENOENT : 0;

        private int AddRule(NlMessage message, byte family, string table, string chain)
        {
            if (!Chains.Exists(c => c.Family == family && c.Table == table && c.Name == chain))
                return Errno.ENOENT;
            Rules.Add(New(message, family, table, chain, NFTA_RULE_HANDLE));
            return 0;
        }

        private int DeleteRules(NlMessage message, byte family, string table, string chain)
        {
            ulong? handle = null;
            foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
                handle = attribute.Type == NFTA_RULE_HANDLE ? attribute.AsUInt64BigEndian() : handle;
            Rules.RemoveAll(r => r.Family == family && r.Table == table && r.Name == chain && (handle is null || r.Handle == handle));
            return 0;
        }

        private int ChangeElements(NlMessage message, byte family, string table, string set, Func<Object, string, byte[], int> change)
        {
            if (Sets.Find(s => s.Family == family && s.Table == table && s.Name == set) is not { } found)
                return Errno.ENOENT;
            var (errno, hasList) = (0, false);
            foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
            {
                if (attribute.Type != NFTA_SET_ELEM_LIST_ELEMENTS)
                    continue;
                hasList = true;
                foreach (var element in attribute.Nested())
                    errno = errno != 0 ? errno : change(found, Key(element), element.Value.ToArray());
            }

            if (!hasList)
                found.Elements.Clear();
            return errno;
        }

        private static int AddElement(Object set, string key, byte[] element)
        {
            if (set.Elements.TryGetValue(key, out var there) && !there.Value.AsSpan().SequenceEqual(element))
                return Errno.EEXIST;
            set.Elements[key] = new Attribute(NFTA_LIST_ELEM, element);
            return 0;
        }

        private static int DeleteElement(Object set, string key, byte[] element) => set.Elements.Remove(key) ? 0 : Errno.ENOENT;
    }
}
