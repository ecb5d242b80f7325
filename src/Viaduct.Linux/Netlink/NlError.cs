using System.Runtime.InteropServices;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Netlink;

/// <summary>The content of NLMSG_ERROR (an acknowledgement if the number is 0) or NLMSG_DONE.</summary>
internal readonly record struct NlError(int Errno, string? KernelMessage, int? Offset)
{
    public NetlinkException ToException(string operation, string? item = null) => new(operation, Errno, KernelMessage, Offset, item);

    // struct nlmsgerr { int error; struct nlmsghdr msg; }, then the rest of the request unless NLM_F_CAPPED, then the
    // NLMSGERR_ATTR_* attributes if NLM_F_ACK_TLVS. NLMSG_DONE: int error, then the attributes.
    public static NlError Read(NlMessage message)
    {
        if (message.Type == NLMSG_DONE && message.Payload.Length < sizeof(int))
            return default;
        var errno = -MemoryMarshal.Read<int>(message.Header(sizeof(int)));
        if ((message.Flags & NLM_F_ACK_TLVS) == 0)
            return new NlError(errno, null, null);
        return WithAttributes(errno, message.Attributes(message.Type == NLMSG_DONE ? sizeof(int) : EchoedSize(message)));
    }

    private static int EchoedSize(NlMessage message)
    {
        const int Fixed = sizeof(int) + NlWriter.HeaderSize;
        if ((message.Flags & NLM_F_CAPPED) != 0)
            return Fixed;
        var echoed = MemoryMarshal.Read<uint>(message.Header(Fixed)[sizeof(int)..]);
        if (echoed < NlWriter.HeaderSize || echoed > message.Payload.Length - sizeof(int))
            NetlinkException.ThrowMalformed($"an error message says that it echoes {echoed} bytes");
        return sizeof(int) + (int)echoed;
    }

    private static NlError WithAttributes(int errno, NlAttributes attributes)
    {
        string? text = null;
        int? offset = null;
        foreach (var attribute in attributes)
        {
            if (attribute.Type == NLMSGERR_ATTR_MSG)
                text = attribute.AsString();
            else if (attribute.Type == NLMSGERR_ATTR_OFFS)
                offset = attribute.AsInt32();
        }
        return new NlError(errno, text, offset);
    }
}
