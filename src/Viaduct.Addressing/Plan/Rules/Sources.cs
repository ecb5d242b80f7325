namespace Viaduct.Addressing.Rules;

/// <summary>Where the rules are written.</summary>
internal static class Sources
{
    public const string AckPlanning = "Alibaba Cloud, ACK: Plan CIDR blocks for an ACK cluster";
    public const string AckAcs = "Alibaba Cloud, ACS: Plan CIDR blocks for an ACS cluster";
    public const string AckQuotas = "Alibaba Cloud, VPC: Limits and quotas";
    public const string AckTerraform = "Alibaba Cloud, Terraform: alicloud_cs_managed_kubernetes";
    public const string AckTerway = "Alibaba Cloud, ACK: Terway network plug-in";
    public const string Gke = "Google Cloud, GKE: Configure maximum Pods per node";
    public const string GkeAlias = "Google Cloud, GKE: VPC-native clusters";
    public const string Eks = "AWS, EKS API: KubernetesNetworkConfigRequest";
    public const string EksSubnets = "AWS, EKS: VPC and subnet requirements";
    public const string EksCni = "AWS, VPC CNI: eni-max-pods";
    public const string Aks = "Microsoft, AKS: Configure Azure CNI Overlay networking";
    public const string AksFlat = "Microsoft, AKS: Configure Azure CNI networking";
    public const string Vke = "Volcengine, VKE: Container network planning";
    public const string Cce = "Huawei Cloud, CCE: CreateCluster API, KubernetesSvcIpRange and fixPoolMask";
    public const string KubeApiServer = "Kubernetes: kube-apiserver --service-cluster-ip-range";
    public const string KubeControllerManager = "Kubernetes: kube-controller-manager --cluster-cidr and --node-cidr-mask-size";
    public const string DualStack = "Kubernetes: IPv4/IPv6 dual-stack";
    public const string Kep3070 = "KEP-3070: Reserve Service IP ranges for dynamic and static IP allocation";
    public const string ClusterNetworking = "Kubernetes: Cluster Networking";
    public const string Rfc6890 = "RFC 6890: Special-Purpose IP Address Registries";
    public const string Rfc6598 = "RFC 6598: Shared Address Space";
    public const string Docker = "Docker: Bridge network driver, default address pools";
    public const string Viaduct = "Viaduct: docs/architecture.md";
}
