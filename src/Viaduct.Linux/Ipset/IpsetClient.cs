using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.IpsetConstants;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Ipset;

/// <summary>
/// The IP sets of one network namespace, which iptables rules match: what ipset(8) does, over netlink. Safe for use by several threads. Refusals
/// are <see cref="NetlinkException"/>s that name the set.
/// </summary>
public sealed class IpsetClient : IDisposable
{
    // An entry takes up to 120 bytes, an attribute 64 KiB.
    private const int EntriesPerMessage = 400;

    private readonly NetlinkChannel channel;

    /// <summary>For the calling thread's network namespace, whichever thread uses the client.</summary>
    public IpsetClient()
        : this(new NetlinkSocket(NETLINK_NETFILTER))
    {
    }

    /// <summary>Over a given transport, which the client then owns.</summary>
    public IpsetClient(INetlinkTransport transport) => channel = new NetlinkChannel(transport);

    /// <summary>For another network namespace.</summary>
    public static IpsetClient In(NetNamespace ns) => ns.Run(() => new IpsetClient());

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    /// <summary>Makes a set. Like <c>ipset create</c>.</summary>
    public void Create(IpsetSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Explained($"creating set {spec.Name} of type {spec.Type}", operation =>
        {
            var question = IpsetWire.GetType(spec.Type, spec.Family);
            var revisions = channel.Request(ref question, operation, IpsetWire.ReadRevision);
            var request = IpsetWire.Create(spec, revisions is [{ } newest, ..] ? newest : (byte)0);
            channel.Execute(ref request, operation);
        });
    }

    /// <summary>Deletes a set, which no rule may use any more. Like <c>ipset destroy</c>.</summary>
    public void Destroy(string set) => Explained($"destroying set {set}", operation =>
    {
        var request = IpsetWire.Command(IPSET_CMD_DESTROY, set);
        channel.Execute(ref request, operation);
    });

    /// <summary>Deletes all entries of a set. Like <c>ipset flush</c>.</summary>
    public void Flush(string set) => Explained($"flushing set {set}", operation =>
    {
        var request = IpsetWire.Command(IPSET_CMD_FLUSH, set);
        channel.Execute(ref request, operation);
    });

    /// <summary>Adds entries; one that is there already gets the mark that is given here. Like <c>ipset -exist add</c>.</summary>
    public void Add(string set, IReadOnlyList<IpsetEntry> entries) => Change(IPSET_CMD_ADD, set, entries);

    /// <summary>Deletes entries, if they are there. Like <c>ipset -exist del</c>.</summary>
    public void Delete(string set, IReadOnlyList<IpsetEntry> entries) => Change(IPSET_CMD_DEL, set, entries);

    /// <summary>All sets. Like <c>ipset list -terse</c>.</summary>
    public IReadOnlyList<IpsetInfo> List()
    {
        var request = IpsetWire.List(null, headersOnly: true);
        return channel.Dump(ref request, "listing sets", IpsetWire.ReadSet);
    }

    /// <summary>The entries of a set; a missing one is a <see cref="NetlinkException"/> with IsNotFound. Like <c>ipset list NAME</c>.</summary>
    public IReadOnlyList<IpsetEntry> ListEntries(string set)
    {
        var entries = new List<IpsetEntry>();
        var request = IpsetWire.List(set, headersOnly: false);
        channel.Visit(ref request, $"listing set {set}", entries.Clear, message => IpsetWire.ReadEntries(message, entries));
        return entries;
    }

    private void Change(ushort command, string set, IReadOnlyList<IpsetEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        for (var first = 0; first < entries.Count; first += EntriesPerMessage)
        {
            var (begin, count) = (first, Math.Min(EntriesPerMessage, entries.Count - first));
            var verb = command == IPSET_CMD_ADD ? "adding to" : "deleting from";
            Explained($"{verb} set {set} {(count == 1 ? $"the entry {entries[begin]}" : $"{count} entries from {entries[begin]} on")}", operation =>
            {
                var writer = new NlWriter(count * 128);
                IpsetWire.WriteEntries(ref writer, command, set, entries, begin, count);
                channel.Execute(ref writer, operation);
            });
        }
    }

    // The subsystem has error numbers of its own (enum ipset_errno), which the kernel gives no text for.
    private static void Explained(string operation, Action<string> act)
    {
        try
        {
            act(operation);
        }
        catch (NetlinkException e) when (e.Errno >= IPSET_ERR_PRIVATE)
        {
            throw new NetlinkException(operation, Standard(e.Errno), Explain(e.Errno));
        }
    }

    private static int Standard(int error) => error switch
    {
        IPSET_ERR_FIND_TYPE => Errno.EOPNOTSUPP,
        IPSET_ERR_BUSY or IPSET_ERR_REFERENCED => Errno.EBUSY,
        IPSET_ERR_EXIST or IPSET_ERR_TYPE_MISMATCH => Errno.EEXIST,
        IPSET_ERR_HASH_FULL => Errno.ENOSPC,
        _ => Errno.EINVAL,
    };

    private static string Explain(int error) => error switch
    {
        IPSET_ERR_FIND_TYPE => "the kernel does not have this type of set; load the module ip_set_hash_... of it",
        IPSET_ERR_BUSY or IPSET_ERR_REFERENCED => "a rule or another set still uses it",
        IPSET_ERR_EXIST => "it is there already, or was to be deleted and is not there",
        IPSET_ERR_TYPE_MISMATCH => "a set of that name and another type is there",
        IPSET_ERR_HASH_FULL => "the set is full",
        IPSET_ERR_SKBINFO => "the set was made without marks",
        _ => $"error {error} of enum ipset_errno",
    };
}
