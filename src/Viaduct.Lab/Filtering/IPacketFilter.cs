namespace Viaduct.Lab.Filtering;

/// <summary>The rules of one host. What a person would type for the same is given back.</summary>
internal interface IPacketFilter : IDisposable
{
    /// <summary>Adds a rule behind those of its hook.</summary>
    IReadOnlyList<string> Add(PacketRule rule);

    /// <summary>Removes all rules at a hook.</summary>
    IReadOnlyList<string> Clear(PacketHook hook);

    /// <summary>How many packets the rules at a hook have dropped.</summary>
    ulong Dropped(PacketHook hook);
}
