namespace Viaduct.Linux.Ipvs;

/// <summary>
/// Changes that are sent together, in their order. Not a transaction: the kernel makes each for itself, and those around one that it refuses
/// are made. A value: nothing happens before <see cref="IpvsClient.Commit"/>.
/// </summary>
public sealed class IpvsBatch
{
    private readonly List<IpvsCommand> commands = [];

    /// <summary>How many changes there are.</summary>
    public int Count => commands.Count;

    internal IReadOnlyList<IpvsCommand> Commands => commands;

    /// <summary>Makes a virtual service. Like <c>ipvsadm -A</c>.</summary>
    public IpvsBatch AddService(VirtualServiceSpec spec) => Add(new(Native.IpvsConstants.IPVS_CMD_NEW_SERVICE, spec.Key, spec, null));

    /// <summary>Changes a virtual service; its destinations and connections stay. Like <c>ipvsadm -E</c>.</summary>
    public IpvsBatch SetService(VirtualServiceSpec spec) => Add(new(Native.IpvsConstants.IPVS_CMD_SET_SERVICE, spec.Key, spec, null));

    /// <summary>Deletes a virtual service with its destinations. Like <c>ipvsadm -D</c>.</summary>
    public IpvsBatch DeleteService(VirtualServiceKey service) => Add(new(Native.IpvsConstants.IPVS_CMD_DEL_SERVICE, service, null, null));

    /// <summary>Adds a destination to a virtual service. Like <c>ipvsadm -a</c>.</summary>
    public IpvsBatch AddDestination(VirtualServiceKey service, DestinationSpec destination) => Add(new(Native.IpvsConstants.IPVS_CMD_NEW_DEST, service, null, destination));

    /// <summary>Changes a destination. Like <c>ipvsadm -e</c>.</summary>
    public IpvsBatch SetDestination(VirtualServiceKey service, DestinationSpec destination) => Add(new(Native.IpvsConstants.IPVS_CMD_SET_DEST, service, null, destination));

    /// <summary>Deletes a destination. Like <c>ipvsadm -d</c>.</summary>
    public IpvsBatch DeleteDestination(VirtualServiceKey service, DestinationSpec destination) => Add(new(Native.IpvsConstants.IPVS_CMD_DEL_DEST, service, null, destination));

    private IpvsBatch Add(IpvsCommand command)
    {
        commands.Add(command);
        return this;
    }
}

/// <summary>One change.</summary>
internal readonly record struct IpvsCommand(byte Command, VirtualServiceKey Service, VirtualServiceSpec? Spec, DestinationSpec? Destination)
{
    public string Describe() => Command switch
    {
        Native.IpvsConstants.IPVS_CMD_NEW_SERVICE => $"adding virtual service {Service} with scheduler {Spec!.Scheduler}",
        Native.IpvsConstants.IPVS_CMD_SET_SERVICE => $"changing virtual service {Service} to scheduler {Spec!.Scheduler}",
        Native.IpvsConstants.IPVS_CMD_DEL_SERVICE => $"deleting virtual service {Service}",
        Native.IpvsConstants.IPVS_CMD_NEW_DEST => $"adding destination {Destination} to virtual service {Service}",
        Native.IpvsConstants.IPVS_CMD_SET_DEST => $"changing destination {Destination} of virtual service {Service} to weight {Destination!.Weight}",
        _ => $"deleting destination {Destination} of virtual service {Service}",
    };
}
