namespace Viaduct.Linux.Polling;

/// <summary>Somebody whose socket an <see cref="EventLoop"/> watches.</summary>
public interface IReady
{
    /// <summary>The socket can be read or written, or something is wrong with it. Called on the loop's thread; must not wait.</summary>
    void OnReady(Readiness readiness);

    /// <summary><see cref="OnReady"/> threw, or the loop ends: give up what the socket was for, and close it.</summary>
    void GiveUp();
}

/// <summary>What a socket is watched for, and what it is ready for (EPOLL*).</summary>
[Flags]
public enum Readiness : uint
{
    /// <summary>Nothing: it is not watched at all.</summary>
    None = 0,

    /// <summary>There is something to read, a connection to accept, or the stream's end.</summary>
    Readable = 1,

    /// <summary>There is room to write, or a connection attempt is decided.</summary>
    Writable = 4,

    /// <summary>An error waits. Always watched for.</summary>
    Error = 8,

    /// <summary>Both directions are closed. Always watched for.</summary>
    HungUp = 0x10,

    /// <summary>Of several loops that watch one socket only one need wake.</summary>
    Exclusive = 1u << 28,
}
