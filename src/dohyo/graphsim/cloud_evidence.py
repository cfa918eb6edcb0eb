"""Pieces of evidence about cloud resources: storage, containers, Kubernetes and other providers."""

from __future__ import annotations

from dohyo.graphsim.dice import Dice
from dohyo.graphsim.evidence import NAMESPACE, Builder, Json
from dohyo.graphsim.places import public_address


def typed(kind: str, **members: object) -> Json:
    return {"@odata.type": NAMESPACE + kind, **members}


def amazon_resource(dice: Dice, ms: int) -> Json:
    name = dice.pick(("db-prod", "bucket {logs}"))
    return {
        "amazonAccountId": "123456789012",
        "amazonResourceId": f"arn:aws:rds:eu-west-1:123456789012:db:{name}",
        "resourceName": name,
        "resourceType": "AWS::RDS::DBInstance",
    }


def azure_resource(dice: Dice, ms: int) -> Json:
    group = f"/subscriptions/{dice.guid()}/resourceGroups/rg"
    path = f"{group}/providers/Microsoft.Storage/storageAccounts/contosodata"
    return {"resourceId": path, "resourceName": "contosodata", "resourceType": "Storage account"}


def google_cloud_resource(dice: Dice, ms: int) -> Json:
    return {
        "fullResourceName": "//compute.googleapis.com/projects/contoso/zones/europe-west1-b/instances/vm-1",
        "location": "europe-west1-b",
        "locationType": dice.pick(("unknown", "regional", "zonal", "global")),
        "projectId": "contoso",
        "projectNumber": 1_234_567_890_123,
        "resourceName": "vm-1",
        "resourceType": "VirtualMachine",
    }


def blob_container(dice: Dice, ms: int) -> Json:
    resource = typed("azureResourceEvidence", **azure_resource(dice, ms))
    return {"name": "backups", "url": "https://contosodata.blob.example/backups", "storageResource": resource}


def blob(dice: Dice, ms: int) -> Json:
    hashes = [{"@odata.type": NAMESPACE + "fileHash", "algorithm": "sha256", "value": dice.digits(64)}]
    return {
        "name": "größe {1}.zip",
        "url": "https://contosodata.blob.example/backups/1.zip",
        "etag": '"0x8D\\4"',
        "blobContainer": typed("blobContainerEvidence", **blob_container(dice, ms)),
        "fileHashes": hashes,
    }


def container_registry(dice: Dice, ms: int) -> Json:
    return {"registry": "contoso.registry.example"}


def container_image(dice: Dice, ms: int) -> Json:
    digest = typed("containerImageEvidence", imageId=f"web@sha256:{dice.digits(64)}")
    registry = typed("containerRegistryEvidence", **container_registry(dice, ms))
    return {"imageId": "web:1.2", "registry": registry, "digestImage": digest}


def cluster(dice: Dice, ms: int) -> Json:
    resource = typed("azureResourceEvidence", **azure_resource(dice, ms))
    platform = dice.pick(("unknown", "aks", "eks", "gke", "arc"))
    return {
        "name": "prod",
        "distribution": None,
        "platform": platform,
        "version": "1.29.4",
        "cloudResource": resource,
    }


def namespace(dice: Dice, ms: int) -> Json:
    return {
        "name": "shop",
        "labels": labels(),
        "cluster": typed("kubernetesClusterEvidence", **cluster(dice, ms)),
    }


def in_namespace(dice: Dice, ms: int) -> Json:
    return typed("kubernetesNamespaceEvidence", **namespace(dice, ms))


def labels() -> Json:
    return {"@odata.type": NAMESPACE + "dictionary", "app": 'web "{shop}"', "tier": "front"}


def controller(dice: Dice, ms: int) -> Json:
    return {"name": "web", "type": "Deployment", "labels": labels(), "namespace": in_namespace(dice, ms)}


def service_account(dice: Dice, ms: int) -> Json:
    return {"name": "default", "namespace": in_namespace(dice, ms)}


def pod(dice: Dice, ms: int) -> Json:
    image = typed("containerImageEvidence", imageId="web:1.2")
    inner = typed("containerEvidence", name="web", containerId=dice.digits(24), image=image)
    return {
        "name": "web-7f9c",
        "labels": labels(),
        "namespace": in_namespace(dice, ms),
        "controller": typed("kubernetesControllerEvidence", name="web", type="ReplicaSet"),
        "serviceAccount": typed("kubernetesServiceAccountEvidence", name="default"),
        "podIp": typed("ipEvidence", ipAddress="10.244.1.17", countryLetterCode=None),
        "containers": [inner],
        "initContainers": [],
        "ephemeralContainers": [],
    }


def container(dice: Dice, ms: int) -> Json:
    return {
        "name": "web",
        "containerId": dice.digits(64),
        "args": ["--json", '{"debug":true}'],
        "command": ["/bin/sh", "-c"],
        "isPrivileged": dice.chance(0.5),
        "image": typed("containerImageEvidence", **container_image(dice, ms)),
        "pod": typed("kubernetesPodEvidence", name="web-7f9c", namespace=in_namespace(dice, ms)),
    }


def secret(dice: Dice, ms: int) -> Json:
    return {"name": "tls", "secretType": "kubernetes.io/tls", "namespace": in_namespace(dice, ms)}


def service(dice: Dice, ms: int) -> Json:
    return {
        "name": "web",
        "labels": labels(),
        "namespace": in_namespace(dice, ms),
        "selector": labels(),
        "serviceType": dice.pick(("unknown", "clusterIP", "externalName", "nodePort", "loadBalancer")),
        "clusterIP": typed("ipEvidence", ipAddress="10.0.171.239", countryLetterCode=None),
        "externalIPs": [typed("ipEvidence", ipAddress=public_address(dice)[0], countryLetterCode=None)],
        "servicePorts": [
            {"name": "https", "port": 443, "protocol": "tcp", "targetPort": "8443", "nodePort": None}
        ],
    }


def directory_domain(dice: Dice, ms: int) -> Json:
    trusted = [typed("activeDirectoryDomainEvidence", activeDirectoryDomainName="fabrikam.local")]
    return {"activeDirectoryDomainName": "corp.contoso.com", "trustedDomains": trusted}


CLOUD: dict[str, Builder] = {
    "amazonResourceEvidence": amazon_resource,
    "azureResourceEvidence": azure_resource,
    "googleCloudResourceEvidence": google_cloud_resource,
    "blobEvidence": blob,
    "blobContainerEvidence": blob_container,
    "containerEvidence": container,
    "containerImageEvidence": container_image,
    "containerRegistryEvidence": container_registry,
    "kubernetesClusterEvidence": cluster,
    "kubernetesControllerEvidence": controller,
    "kubernetesNamespaceEvidence": namespace,
    "kubernetesPodEvidence": pod,
    "kubernetesSecretEvidence": secret,
    "kubernetesServiceAccountEvidence": service_account,
    "kubernetesServiceEvidence": service,
    "activeDirectoryDomainEvidence": directory_domain,
}
