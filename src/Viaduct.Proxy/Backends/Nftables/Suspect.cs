using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Where a frontend leads now, whoever asks.</summary>
internal readonly record struct Suspect(Slot[] Slots, Slot[] LocalSlots)
{
    public bool LeadsTo(EndpointAddress target) => Has(Slots, target) || Has(LocalSlots, target);

    private static bool Has(Slot[] slots, EndpointAddress target)
    {
        foreach (var slot in slots)
        {
            if (slot.Target == target)
                return true;
        }

        return false;
    }
}
