using System.Net;
using System.Text;

namespace Viaduct.Node.StandIns;

/// <summary>Who a stand-in says it is.</summary>
internal sealed record StandInIdentity(string PodName, string Address)
{
    /// <summary>What every client gets: the pod's name, its address and the client's own address as the pod sees it.</summary>
    public byte[] Answer(EndPoint? client) => Encoding.UTF8.GetBytes($"pod: {PodName}\naddress: {Address}\nclient: {StandInSockets.Show(client)}\n");
}
