using System.Net;
using System.Net.Sockets;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>client 10.1.0.2 -- 10.1.0.1 node 10.2.0.1 -- 10.2.0.2:8080 server, which says back what it gets.</summary>
internal sealed class EchoPath : IDisposable
{
    public const string Endpoint = "10.2.0.2:8080", Service = "10.96.0.10:80";

    private const int Size = 64;

    private readonly LabHost client;
    private readonly Socket listener;

    public EchoPath(LabRun lab)
    {
        (client, Node, var server) = (lab.AddHost("client"), lab.AddHost("node"), lab.AddHost("server"));
        Join("client", client, "10.1.0.1", "10.1.0.2", 1);
        Join("server", server, "10.2.0.1", "10.2.0.2", 2);
        Node.SetSysctl("net.ipv4.ip_forward", "1");
        listener = server.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(IPEndPoint.Parse(Endpoint));
        listener.Listen(128);
        new Thread(Serve) { IsBackground = true, Name = "echo" }.Start();
    }

    public LabHost Node { get; }

    /// <summary>Connects, sends, gets it back and closes, many times; returns the least time of one in nanoseconds.</summary>
    public double Request(int times)
    {
        var buffer = new byte[Size];
        var target = IPEndPoint.Parse(Service);
        return client.Namespace.Run(() => Nanoseconds.Least(times - 1, 1, () => RequestOnce(target, buffer)));
    }

    public void Dispose() => listener.Dispose();

    private static void RequestOnce(IPEndPoint target, byte[] buffer)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000, SendTimeout = 10_000 };
        try
        {
            socket.Connect(target);
            socket.Send(buffer);
            for (var got = 0; got < Size;)
            {
                var read = socket.Receive(buffer, got, Size - got, SocketFlags.None);
                got += read > 0 ? read : throw new ExperimentFailedException("The server closed the connection before it had answered.");
            }
        }
        catch (SocketException e)
        {
            throw new ExperimentFailedException($"A request to {target} got no answer: {e.Message}.");
        }
    }

    private void Join(string name, LabHost host, string gateway, string address, int number)
    {
        Node.AddVeth(name, "eth0", $"02:00:00:00:0{number}:01", $"02:00:00:00:0{number}:02", host);
        Node.AddAddress(name, $"{gateway}/24");
        Node.SetUp(name);
        host.AddAddress("eth0", $"{address}/24");
        host.SetUp("eth0");
        host.AddDefaultRoute(gateway);
    }

    private void Serve()
    {
        var buffer = new byte[Size];
        while (true)
        {
            try
            {
                using var socket = listener.Accept();
                socket.NoDelay = true;
                for (int read; (read = socket.Receive(buffer)) > 0;)
                    socket.Send(buffer, read, SocketFlags.None);
            }
            catch (SocketException) when (listener.SafeHandle.IsClosed)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // That client is gone; the next one is served.
            }
        }
    }
}
