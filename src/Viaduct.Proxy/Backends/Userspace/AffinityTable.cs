using System.Runtime.InteropServices;
using Viaduct.Linux.Sockets;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>Which endpoint each client of a Service port had last, for as long as session affinity lasts. Used by all loops.</summary>
internal sealed class AffinityTable(TimeProvider time)
{
    // As many as a set of nftables mode holds; further clients are served without affinity.
    private const int MaxClients = 65535, LeastToSweep = 1024;

    // A full table whose clients all have time left would be looked through for every further one.
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<UInt128, Entry> clients = [];
    private int sweepAt = LeastToSweep;
    private DateTimeOffset sweepAgain;
    private volatile int seconds;

    private record struct Entry(SocketPeer Endpoint, DateTimeOffset Until);

    /// <summary>For how long after its last connection a client is remembered; 0 is no affinity.</summary>
    public int Seconds
    {
        get => seconds;
        set
        {
            seconds = value;
            if (value == 0)
                Clear();
        }
    }

    /// <summary>Clients that are remembered now.</summary>
    public int Count
    {
        get
        {
            var now = time.GetUtcNow();
            lock (gate)
                return clients.Values.Count(c => c.Until > now);
        }
    }

    /// <summary>The endpoint that a client had.</summary>
    public SocketPeer? Find(in SocketPeer client)
    {
        if (seconds == 0)
            return null;
        lock (gate)
            return clients.TryGetValue(client.Address, out var entry) && entry.Until > time.GetUtcNow() ? entry.Endpoint : null;
    }

    /// <summary>
    /// The endpoint that a client had, if it is one of these; otherwise the client has the proposed one from now on, so that connections which it begins at the
    /// same time go to the same.
    /// </summary>
    public SocketPeer Choose(in SocketPeer client, SocketPeer[] endpoints, in SocketPeer proposed)
    {
        if (seconds == 0)
            return proposed;
        lock (gate)
        {
            if (Find(client) is { } last && Array.IndexOf(endpoints, last) >= 0)
                return last;
            Keep(client, proposed, time.GetUtcNow());
            return proposed;
        }
    }

    /// <summary>A client was connected to an endpoint: its time begins anew.</summary>
    public void Remember(in SocketPeer client, in SocketPeer endpoint)
    {
        if (seconds == 0)
            return;
        var now = time.GetUtcNow();
        lock (gate)
            Keep(client, endpoint, now);
    }

    /// <summary>A client's endpoint did not answer: it may have another, unless it has one already.</summary>
    public void Forget(in SocketPeer client, in SocketPeer endpoint)
    {
        lock (gate)
        {
            if (clients.TryGetValue(client.Address, out var entry) && entry.Endpoint == endpoint)
                clients.Remove(client.Address);
        }
    }

    private void Keep(in SocketPeer client, in SocketPeer endpoint, DateTimeOffset now)
    {
        if (clients.Count >= sweepAt && now >= sweepAgain)
            Sweep(now);
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(clients, client.Address);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry))
            entry = new(endpoint, now.AddSeconds(seconds));
        else if (clients.Count < MaxClients)
            clients.Add(client.Address, new(endpoint, now.AddSeconds(seconds)));
    }

    private void Clear()
    {
        lock (gate)
            clients.Clear();
    }

    // Each time the table has doubled or is full, so that a client costs a constant amount of it.
    private void Sweep(DateTimeOffset now)
    {
        foreach (var (client, entry) in clients)
        {
            if (entry.Until <= now)
                clients.Remove(client);
        }

        sweepAt = Math.Clamp(2 * clients.Count, LeastToSweep, MaxClients);
        sweepAgain = now + SweepPause;
    }
}
