namespace Viaduct.Proxy.Backends;

/// <summary>How Services are served: kube-proxy's <c>--proxy-mode</c>.</summary>
public enum ProxyMode
{
    Nftables,
    Iptables,
    Ipvs,
    Userspace,
}
