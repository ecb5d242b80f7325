using Viaduct.Linux.Native;
using Viaduct.Linux.Sockets;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>
/// A client's TCP connection and the one to its endpoint. Bytes go through the loop's buffer; a connection has a buffer of its own only while its receiver
/// is slower than its sender, and then nothing more is read from the sender: at most 64 KiB in each direction.
/// </summary>
internal sealed class TcpRelay
{
    // An endpoint that does not answer is passed over soon when there is another, and given time for lost packets when there is none.
    private const int PatienceWithOneOfMany = 1000, PatienceWithTheLast = 30_000;

    private readonly RelayLoop loop;
    private readonly SocketPeer address;
    private readonly Balancer balancer;
    private readonly RelaySide client;
    private EndpointOrder order;
    private SocketPeer endpoint;
    private RelaySide? server;
    private bool isEstablished;
    private bool isEnded;

    /// <summary>Takes over a client; <paramref name="socket"/>'s two descriptors are taken from the budget already.</summary>
    public TcpRelay(RelayLoop loop, InetSocket socket, in SocketPeer address, Balancer balancer)
    {
        this.loop = loop;
        this.address = address;
        this.balancer = balancer;
        order = balancer.OrderFor(address);
        client = new RelaySide(this, loop.Events, socket);
        loop.Connections++;
    }

    /// <summary>Until when the endpoint may take its time to answer.</summary>
    public long Deadline { get; private set; }

    /// <summary>Whether both ends are connected.</summary>
    public bool IsEstablished => isEstablished;

    /// <summary>Tries the endpoints in turn, the client being accepted already; when none is left the client's connection is reset.</summary>
    public void ConnectNext()
    {
        while (order.TryNext(out endpoint))
        {
            if (InetSocket.TryOpen(endpoint, isStream: true, out _) is not { } socket)
                break;
            server = new RelaySide(this, loop.Events, socket);
            socket.SendAtOnceAndKeepAlive();
            if (socket.Connect(endpoint) is 0 or -Errno.EINPROGRESS)
            {
                Deadline = Environment.TickCount64 + (order.HasMore ? PatienceWithOneOfMany : PatienceWithTheLast);
                loop.BeginAttempt(this);
                server.WatchForDecision();
                return;
            }

            CloseServer();
        }

        Reset();
    }

    /// <summary>The endpoint accepted, or it did not.</summary>
    public void OnDecided(bool mayHaveFailed)
    {
        loop.EndAttempt(this);
        if (mayHaveFailed && server!.Socket.TakeError() != 0)
        {
            PassOver();
            return;
        }

        isEstablished = true;
        (client.Other, server!.Other) = (server, client);
        balancer.Affinity.Remember(address, endpoint);
        // The client mostly has sent something by now.
        if (client.Copy())
            UpdateWatches();
    }

    /// <summary>The time for reaching the endpoint is over.</summary>
    public void OnLate()
    {
        loop.EndAttempt(this);
        PassOver();
    }

    public void UpdateWatches()
    {
        client.UpdateWatch();
        server!.UpdateWatch();
    }

    /// <summary>Closes both ends when everything was said; false if it did.</summary>
    public bool EndIfDone()
    {
        if (!client.IsDone || !server!.IsDone)
            return true;
        End();
        client.Close();
        server.Close();
        return false;
    }

    /// <summary>One end is broken: the other shall know that what it said may be lost.</summary>
    public void Reset()
    {
        if (isEnded)
            return;
        End();
        client.Reset();
        server?.Reset();
    }

    private void PassOver()
    {
        balancer.Affinity.Forget(address, endpoint);
        CloseServer();
        ConnectNext();
    }

    private void CloseServer()
    {
        server!.Close();
        server = null;
    }

    private void End()
    {
        isEnded = true;
        loop.EndAttempt(this);
        loop.Budget.Return(2);
        loop.Connections--;
    }
}
