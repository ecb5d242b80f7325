namespace Viaduct.Linux.Conntrack;

/// <summary>How far a tracked TCP connection is: enum tcp_conntrack of linux/netfilter/nf_conntrack_tcp.h.</summary>
public enum ConntrackTcpState : byte
{
    /// <summary>Not known.</summary>
    None,

    /// <summary>The client has asked.</summary>
    SynSent,

    /// <summary>The server has agreed.</summary>
    SynReceived,

    /// <summary>Both have agreed.</summary>
    Established,

    /// <summary>One has said all.</summary>
    FinWait,

    /// <summary>The other knows it.</summary>
    CloseWait,

    /// <summary>Both have said all.</summary>
    LastAck,

    /// <summary>Both know it.</summary>
    TimeWait,

    /// <summary>It was reset.</summary>
    Close,

    /// <summary>Both have asked at once.</summary>
    SynSent2,
}
