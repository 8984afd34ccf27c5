"""What bad input gets: PyTorch's exception and its first sentence, then what was given and what helps.

The mistakes are those that beginners make. Each must raise here what it raises in PyTorch.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import edutorch
from tests.twins import first_sentence

torch = pytest.importorskip("torch")

LINES = r"""
torch.ones(2, 3) + torch.ones(4)
torch.ones(3, 4) * torch.ones(3)
torch.ones(2, 3) @ torch.ones(2, 3)
torch.mm(torch.ones(2, 3), torch.ones(4, 2))
torch.matmul(torch.ones(3), torch.ones(4))
torch.dot(torch.ones(3), torch.ones(4))
torch.mv(torch.ones(2, 3), torch.ones(2))
torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 3, 4))
torch.bmm(torch.ones(2, 3), torch.ones(2, 3))
torch.dot(torch.ones(2, 2), torch.ones(2))
torch.ones(2, 3).view(4, 2)
torch.ones(2, 3).reshape(5, -1)
torch.ones(2, 3).reshape(-1, -1)
torch.ones(2, 3).t().view(-1)
torch.ones(2, 3)[2]
torch.ones(2, 3)[0, 3]
torch.ones(2, 3)[0, 0, 0]
torch.ones(3)[torch.tensor([5])]
torch.ones(3)[[0, 1, 7]]
torch.ones(3)[1.0]
torch.ones(3)["a"]
torch.tensor(1.0)[0]
torch.ones(2, 3).sum(2)
torch.ones(2, 3).sum(dim=-3)
torch.ones(2, 3).mean(5)
torch.arange(4).mean()
torch.ones(2, 3).softmax(2)
torch.cat([torch.ones(2, 3), torch.ones(3, 2)])
torch.cat([torch.ones(2), torch.ones(2, 2)])
torch.cat([])
torch.cat(torch.ones(2, 3))
torch.save({}, 'no such folder/x.pt')
torch.cat([torch.ones(2), np.ones(2)])
torch.broadcast_tensors(torch.ones(2), 3)
torch.index_put(torch.ones(3), [np.array([0])], torch.ones(1))
torch.stack([torch.ones(2), torch.ones(3)])
torch.stack([])
torch.ones(2, 2) @ torch.ones(2, 2).double()
torch.ones(2, 2) @ torch.ones(2, 2).long()
torch.ones(2).sum().backward()
torch.tensor([1, 2], requires_grad=True)
torch.ones(2, dtype=torch.long).requires_grad_()
torch.ones(2, requires_grad=True).numpy()
np.array(torch.ones(2, requires_grad=True))
float(torch.ones(2))
int(torch.ones(2))
torch.ones(2).item()
torch.ones(0).item()
if torch.ones(2) > 0: pass
bool(torch.ones(0))
len(torch.tensor(1.0))
for i in torch.tensor(3): pass
range(torch.tensor(3.0))
[1, 2, 3][torch.tensor([1, 2])]
torch.tensor([[1, 2], [3]])
torch.tensor("hello")
torch.tensor(["a", "b"])
torch.tensor([1, None])
torch.tensor({"a": 1})
torch.tensor(range)
torch.tensor(b"ab")
torch.set_grad_enabled("a")
torch.Tensor("abc")
torch.ones("3")
torch.ones(2.0)
torch.ones(-1)
torch.zeros((2, 3.5))
torch.zeros(2, 3, dtype="float32")
torch.ones(2, dtype=int(3))
torch.randint(5, 5, (2,))
torch.arange(0, 5, -1)
torch.arange(0, 5, 0)
torch.eye(-1)
torch.add([1, 2], 3)
torch.exp(2.0)
torch.exp([1.0])
torch.exp(None)
torch.sum(3)
torch.sqrt("a")
torch.ones(3) + "a"
torch.ones(3) + None
torch.ones(3) + [1, 2, 3]
"a" + torch.ones(3)
torch.ones(3) * {"a": 1}
torch.ones(3) < "a"
torch.ones(2).add_(torch.ones(3))
torch.ones(2).add_(torch.ones(2, 2))
torch.ones(2).long().add_(1.5)
torch.ones(2).bool().add_(1)
torch.ones(2).foo()
torch.ones(2, 3).squeeze(5)
torch.ones(2, 3).unsqueeze(5)
torch.ones(2, 3).permute(0)
torch.ones(2, 3).permute(0, 0)
torch.ones(2, 3).transpose(0, 3)
torch.ones(2, 3, 4).t()
torch.ones(2, 3).expand(4, 3)
torch.ones(2, 3).expand(3)
torch.ones(2, 3).repeat(2)
torch.ones(6).split(0)
torch.ones(6).split([2, 2])
torch.ones(6).chunk(0)
torch.ones(2, 3).narrow(0, 1, 5)
torch.ones(2, 3).select(0, 4)
torch.ones(3, 3).gather(1, torch.tensor([0, 1]))
torch.ones(3, 3).gather(1, torch.tensor([[3]]))
torch.ones(3, 3).gather(1, torch.tensor([[0.0]]))
torch.zeros(3).scatter_(0, torch.tensor([5]), 1.0)
torch.zeros(3).index_select(0, torch.tensor([3]))
torch.ones(3)[torch.tensor([True, False])]
torch.ones(3).masked_fill(torch.tensor([1, 0, 1]), 0)
torch.where(torch.ones(3), 1.0, 0.0)
torch.ones(3).masked_select(torch.ones(3))
torch.ones(3).register_hook(print)
torch.ones(3).retain_grad()
torch.ones(1).expand(3).add_(1)
torch.from_numpy([1, 2])
torch.from_numpy(np.array(["a"]))
torch.from_numpy(np.arange(4)[::-1])
torch.ones(2).to("gpu")
torch.device("foo")
torch.ones(2, device="cuda")
torch.ones(2).cuda()
torch.multinomial(torch.tensor([0.5, -0.5]), 1)
torch.multinomial(torch.tensor([0.0, 0.0]), 1)
torch.bernoulli(torch.tensor([1.5]))
torch.normal(torch.ones(2), -torch.ones(2))
torch.linalg.inv(torch.zeros(2, 2))
torch.linalg.inv(torch.ones(2, 3))
torch.linalg.solve(torch.ones(2, 2), torch.ones(2))
torch.linalg.cholesky(-torch.eye(2))
torch.linalg.det(torch.ones(2, 3))
torch.linalg.eigh(torch.ones(2, 3))
torch.linalg.svd(torch.ones(3))
torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(4, 2))
torch.einsum("ij,jk", torch.ones(2, 3))
torch.einsum("ij->k", torch.ones(2, 3))
torch.ones(3).topk(5)
torch.ones(0).max()
torch.ones(0, 3).max(0)
torch.ones(0).argmax()
torch.ones(3).kthvalue(4)
torch.ones(3).sort(1)
torch.clamp(torch.ones(3))
torch.ones(2) // "a"
~torch.ones(2)
torch.ones(2) & 1
torch.ones(2) << 1
1 << torch.ones(2)
torch.tensor([True]) - torch.tensor([False])
-torch.tensor([True])
torch.tensor([1, 2]) / "a"
torch.tensor([1]).bincount(minlength=-1)
torch.tensor([-1]).bincount()
torch.tensor([1.0]).bincount()
torch.tensor([2, 3]).pow(-1)
torch.tensor([2, 3]) // 0
torch.tensor([2, 3]) % 0
torch.outer(torch.ones(2, 2), torch.ones(2))
torch.cross(torch.ones(2), torch.ones(2), dim=0)
torch.cdist(torch.ones(2, 3), torch.ones(2, 4))
torch.broadcast_to(torch.ones(3), (2, 2))
torch.meshgrid(torch.ones(2), indexing="foo")
torch.set_default_dtype(torch.int32)
torch.set_default_dtype("float")
torch.finfo(torch.int32)
torch.iinfo(torch.float32)
torch.set_grad_enabled()
torch.nn.Linear(3, 2)(torch.ones(4))
torch.nn.Linear(3, 2)(torch.ones(2, 3).double())
torch.nn.Linear(3, 2)(torch.ones(2, 3).long())
torch.nn.Linear(3, 2)([1.0, 2.0, 3.0])
torch.nn.Linear(3)
torch.nn.MSELoss()(torch.ones(3), torch.ones(4))
torch.nn.MSELoss()(torch.ones(3))
torch.nn.MSELoss()(torch.ones(3).long(), torch.ones(3).long()).backward()
torch.nn.MSELoss(reduction="foo")(torch.ones(3), torch.ones(3))
torch.optim.SGD([], lr=0.1)
torch.optim.SGD(torch.ones(3), lr=0.1)
torch.optim.SGD([torch.ones(3, requires_grad=True)], lr=-1)
torch.optim.SGD([torch.ones(3, requires_grad=True) * 2], lr=0.1)
torch.optim.SGD([5], lr=0.1)
torch.nn.Module()(torch.ones(2))
torch.nn.Linear(2, 2).load_state_dict({"weight": torch.ones(2, 3)})
torch.nn.Linear(2, 2).weight = torch.ones(2, 2)
torch.nn.Sequential(5)
torch.nn.Linear(2, 2).foo
torch.ones(2, 3).mean(axis=3)
torch.ones(2, 3).max(dim=2)
torch.ones(2, 3).argmax(dim=2)
torch.ones(2, 3).sum((0, 0))
torch.ones(2, 3).reshape(2, 2)
torch.ones(2, 3).flatten(1, 0)
torch.ones(2, 3).flatten(3)
torch.ones(2, 3).unflatten(1, (2, 2))
torch.ones(2, 3).movedim(0, 3)
torch.ones(2, 3).permute(0, 2)
torch.ones(2, 3).T.T.T[5]
torch.ones(2, 3).roll(1, 3)
torch.ones(2, 3).flip(2)
torch.ones(2, 3).flip(0, 0)
torch.ones(2, 3).unbind(2)
torch.ones(3).tril()
torch.ones(2, 2, 2).trace()
torch.ones(2, 2, 2).diag()
torch.ones(3).inverse()
torch.ones(2, 3) @ 2
2 @ torch.ones(2)
torch.tensor(2.0) @ torch.ones(2)
torch.matmul(torch.ones(2, 3, 4), torch.ones(2, 5, 6))
torch.matmul(torch.ones(2, 3, 4), torch.ones(3, 4, 5))
torch.addmm(torch.ones(3, 3), torch.ones(2, 2), torch.ones(2, 2))
torch.einsum("ij", torch.ones(2))
torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(3))
torch.einsum("i1->i", torch.ones(2, 3))
torch.tensordot(torch.ones(2, 3), torch.ones(2, 3), dims=1)
torch.tensor([1, 2]) + torch.tensor([1, 2, 3])
torch.ones(2) ** "a"
torch.maximum(torch.ones(2), 1)
torch.max(torch.ones(2), 1.0)
torch.clamp(torch.ones(2), torch.ones(3))
torch.softmax(torch.ones(2, 2).long(), 0)
torch.cumsum(torch.ones(2), 2)
torch.sort(3)
torch.topk(torch.ones(2, 3), -1)
torch.where(torch.tensor([True]), torch.ones(2), torch.ones(3))
torch.isnan(1.0)
torch.isclose(torch.ones(2), torch.ones(2).double())
torch.allclose(torch.ones(2), 1.0)
torch.equal(torch.ones(2), 1.0)
torch.nonzero(3)
torch.tensor(5)(2)
torch.tensor([1, 2]).append(3)
torch.tensor([1, 2]).shape[2]
torch.tensor(1, 2)
torch.tensor([1, 2], dtype=float, device="cpu", foo=1)
torch.tensor([1.5, 2], dtype=torch.int32).sqrt_()
torch.tensor([300], dtype=torch.uint8)
torch.tensor([float("nan")], dtype=torch.int64)
torch.tensor([2**70])
torch.tensor(2**63)
torch.full((2,), 2**40, dtype=torch.int32)
torch.full((2,), "a")
torch.arange("a")
torch.arange(float("inf"))
torch.zeros(2, 3).fill_(torch.ones(2))
torch.zeros(2, 3).copy_(torch.ones(4))
torch.zeros(2, 3).copy_([1, 2, 3])
torch.zeros(3).index_add_(0, torch.tensor([0, 1]), torch.ones(3))
torch.zeros(3).index_fill_(0, torch.tensor([4]), 1)
torch.zeros(3).index_put_((torch.tensor([4]),), torch.tensor(1.0))
torch.zeros(3).scatter_(0, torch.tensor([[0]]), 1)
torch.zeros(3).scatter_(1, torch.tensor([0]), 1)
torch.zeros(3).scatter_add_(0, torch.tensor([0]), torch.ones(2).long())
torch.zeros(3).take(torch.tensor([3]))
torch.zeros(3).take(torch.tensor([0.0]))
torch.add(torch.ones(2), 1.5, out=torch.empty(2, dtype=torch.long))
torch.autograd.functional.jacobian(lambda x: 3, torch.ones(2))
torch.autograd.functional.hessian(lambda x: x, torch.ones(2))
torch.autograd.functional.jvp(lambda x: x, torch.ones(2))
torch.autograd.gradcheck(lambda x: x, torch.ones(2))
torch.ones(2).numpy().foo
torch.from_numpy(np.ones(2)).add_(torch.ones(2, requires_grad=True)).numpy()
torch.ones(2).bfloat16().numpy()
torch.nn.Linear("a", 3)
torch.nn.Linear(2.5, 3)
torch.nn.Linear(-1, 3)
torch.nn.Linear(2, 3)(torch.tensor(1.0))
torch.nn.ReLU()(3)
torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(2, 3))(torch.ones(1, 2))
torch.nn.Parameter(torch.ones(2).long())
torch.nn.Parameter([1.0, 2.0])
torch.nn.Module().forward(2)
torch.optim.SGD([torch.ones(2, requires_grad=True)], lr="a")
torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.1, momentum=-1)
torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.1, nesterov=True)
torch.optim.SGD([torch.ones(2, requires_grad=True)], foo=1)
torch.optim.SGD({"a": 1}, lr=0.1)
torch.rand(2, 3.5)
torch.rand("a")
torch.randn(-1)
torch.randn(2, dtype=torch.long)
torch.randperm(-1)
torch.randperm(3.0)
torch.multinomial(torch.tensor([1.0, 1.0]), 3)
torch.multinomial(torch.tensor([1, 1]), 1)
torch.multinomial(torch.ones(2, 2, 2), 1)
torch.bernoulli(0.5)
torch.bernoulli(torch.tensor([0, 1]))
torch.normal(0, -1.0, (2,))
torch.ones(2).uniform_(2, 1)
torch.ones(2).normal_(0, -1)
torch.ones(2).long().uniform_()
torch.ones(2).bernoulli_(2)
torch.linalg.solve(torch.ones(2, 3), torch.ones(2))
torch.linalg.solve(torch.eye(3), torch.ones(2))
torch.linalg.inv(torch.eye(2).long())
torch.linalg.norm(torch.ones(2, 2), ord="foo")
torch.linalg.norm(torch.ones(2, 2).long())
torch.linalg.matrix_power(torch.eye(2), 0.5)
torch.linalg.matrix_power(torch.zeros(2, 2), -1)
torch.quantile(torch.ones(3), 2.0)
torch.quantile(torch.ones(3).long(), 0.5)
torch.histc(torch.ones(3), 0)
torch.stack(torch.ones(3), torch.ones(3))
torch.cat([torch.ones(2), 3])
torch.cat([torch.ones(2, 2), torch.ones(2, 2)], dim=2)
torch.cat((torch.ones(2), [1, 2]))
torch.repeat_interleave(torch.ones(3), torch.tensor([1, 2]))
torch.ones(3).repeat(-1)
torch.ones(3).expand(-1, 3)
torch.ones(3).unfold(0, 4, 1)
torch.ones(3).as_strided((4,), (1,))
torch.ones(3).narrow(0, 2, -1)
torch.ones(3).split(-1)
torch.ones(3).tensor_split(0)
torch.combinations(torch.ones(2, 2))
torch.ones(3).apply(abs)
torch.ones(3).is_cuda()
torch.ones(2, 3).size(2)
torch.ones(2, 3).stride(3)
torch.ones(2, 3).index_select(0, torch.tensor([[0]]))
torch.ones(2, 3).index_select(0, torch.tensor([0.0]))
f"{torch.ones(2):.2f}"
f"{torch.ones(1):.2f}"
f"{torch.tensor(1.5):d}"
"{:.2f}".format(torch.ones(2, 2))
"%.2f" % torch.ones(2)
"%d" % torch.ones(2)
format(torch.ones(2), "x")
"%.2f" % torch.tensor(1.5, requires_grad=True) + 1
round(torch.ones(2), "a")
print(torch.ones(2)[0:1, 0:1])
list(torch.tensor(1))
sorted(torch.ones(2, 2))
{}[torch.ones(2)]
sum(torch.ones(2, 2), [])
torch.ones(2) and torch.ones(2)
not torch.ones(2)
torch.ones(2) in [torch.ones(2), torch.ones(2)]
2 < torch.ones(2) < 3
assert torch.ones(2) == torch.ones(2)
while torch.ones(2): pass
[0] * torch.tensor(2.0)
"a" * torch.tensor([1, 2])
np.sqrt(torch.ones(2, requires_grad=True))
np.ones(3)[torch.tensor(5)]
torch.ones(2).float64()
torch.zeros([2, [3]])
torch.zeros(None)
torch.zeros()
torch.tensor([1, 2], [3, 4])
torch.tensor([[1, 2], 3])
torch.tensor([1, [2, 3]])
torch.tensor([torch.ones(2), torch.ones(2)])
torch.tensor([[torch.ones(2)]])
torch.tensor(lambda: 1)
torch.tensor({1, 2})
torch.tensor(iter([1]))
torch.as_tensor("a")
torch.Tensor(2, "a")
torch.FloatTensor("a")
torch.IntTensor(-1)
torch.numel(3)
torch.split(torch.ones(3))
torch.reshape(torch.ones(4), 2, 2)
torch.permute(torch.ones(2, 3), 1, 0)
torch.flatten([1, 2])
torch.squeeze([1])
torch.max([1, 2])
torch.argmax([1, 2])
torch.mean([1.0, 2.0])
torch.mean(torch.tensor([True]))
torch.ones(2, 3).mean(dtype=torch.int64)
torch.var(torch.arange(3))
torch.median(torch.tensor([True]))
torch.norm(torch.arange(3))
torch.matmul([1], [2])
torch.mm(torch.ones(2), torch.ones(2))
torch.mv(torch.ones(2), torch.ones(2))
torch.ones(2, 2).mm(torch.ones(2))
torch.nn.functional.relu([1.0])
torch.nn.functional.mse_loss(torch.ones(2), 1.0)
torch.nn.functional.linear(torch.ones(2), torch.ones(3, 4))
torch.nn.MSELoss()(torch.ones(2), [1.0, 1.0])
torch.nn.Linear(2, 2)(torch.ones(2, 2), 3)
torch.nn.Linear(2, 2)()
torch.optim.SGD(torch.nn.Linear(2, 2), lr=0.1)
torch.optim.SGD(torch.nn.Linear(2, 2).parameters)
torch.optim.SGD(None)
torch.autograd.grad(torch.ones(2), torch.ones(2))
torch.autograd.grad(3, torch.ones(2))
torch.autograd.grad(torch.ones((), requires_grad=True), 3)
torch.autograd.backward(3)
torch.Generator().manual_seed("a")
torch.Size(3)
torch.Size([2, 3])[5]
""".strip().splitlines()

PROGRAMS = r"""
x = torch.ones(2, requires_grad=True)
y = x.sum()
y.backward()
z = (x * x).sum()
z.backward()
z.backward()

x = torch.ones(2, requires_grad=True)
x += 1

x = torch.ones(2, requires_grad=True)
x[0] = 3

x = torch.ones(2, requires_grad=True)
y = x.exp()
y += 1
y.sum().backward()

x = torch.ones(2, requires_grad=True)
y = x.sigmoid()
y[0] = 0
y.sum().backward()

x = torch.ones(2, requires_grad=True)
(x * 2).backward()

with torch.no_grad():
    y = torch.ones(2, requires_grad=True).sum()
y.backward()

x = torch.tensor([1, 2])
x.requires_grad = True

x = torch.ones(3)
x[[0, 1]] = torch.ones(3)

x = torch.ones(2, 3)
x[0] = torch.ones(2)

x = torch.ones(3)
x[5] = 1

x = torch.ones(3)
x["a"] = 1

x = torch.ones(3)
x[0] = "a"

x = torch.ones(3)
x[0] = [1, 2]

x = torch.ones(3)
x.data = 5

x = torch.ones(3, requires_grad=True)
x.grad = torch.ones(4)

x = torch.ones(3, requires_grad=True)
x.grad = 5

x = torch.ones(3, requires_grad=True) * 2
x.requires_grad = False

x = torch.ones(3, requires_grad=True)
x.grad.zero_()

x = torch.ones(3, requires_grad=True)
torch.autograd.grad(x * 2, x)

x = torch.ones(3, requires_grad=True)
torch.autograd.grad(x.sum(), torch.ones(3))

x, y = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
torch.autograd.grad(x.sum(), y)

x = torch.ones(3, requires_grad=True)
(x * 2).backward(torch.ones(4))

x = torch.ones(3, requires_grad=True)
(x * 2).backward([1, 1, 1])

x = torch.ones(3, requires_grad=True)
x.register_hook(lambda g: 5)
x.sum().backward()

with torch.inference_mode():
    y = torch.ones(2)
w = torch.ones(2, requires_grad=True)
(w * y).sum().backward()

with torch.inference_mode():
    y = torch.ones(2)
y.add_(1)

x = torch.zeros(1, requires_grad=True)
with torch.autograd.detect_anomaly():
    (torch.sqrt(x) * 0).sum().backward()

x = torch.ones(2, 2, requires_grad=True)
a, b = (x * 2).unbind()
a.add_(1)

class M(torch.nn.Module):
    def __init__(self):
        self.a = torch.nn.Linear(2, 2)
M()

class M(torch.nn.Module):
    def forward(self, x):
        return self.layer(x)
M()(torch.ones(2))

x = torch.zeros(3)
x[::-1]

x = torch.zeros(3)
x[torch.tensor([0.5])]

x = torch.zeros(3, 3)
x[[0, 1], [0, 1, 2]]

x = torch.zeros(3, 3)
x[None, ..., 0, 0, 0]

x = torch.zeros(3, 3)
x[torch.ones(2, 3).bool()]

x = torch.zeros(3, 3)
x[torch.ones(3).bool(), torch.ones(2).bool()] = 1

x = torch.zeros(3)
del x[0]

x = torch.zeros(3)
x[0, 1] = 2

x = torch.zeros(3)
x[torch.tensor([0, 1])] = [1.0]

x = torch.zeros(3)
x[0:2] = torch.ones(3)

x = torch.zeros(3)
x[0] = torch.ones(2)

x = torch.zeros(3)
x[0] = None

x = torch.ones(2, requires_grad=True)
x.fill_(3)

x = torch.ones(2, requires_grad=True)
x.zero_()

x = torch.ones(2, requires_grad=True)
y = x * 2
y.detach_()
y.sum().backward()

x = torch.ones(2, requires_grad=True)
y = (x * 2).view(2, 1)
y.detach_()

x = torch.ones(2, requires_grad=True)
torch.add(x, 1, out=torch.empty(2))

x = torch.ones(2, requires_grad=True)
torch.autograd.grad(x.sum(), [])

x = torch.ones(2, requires_grad=True)
torch.autograd.grad(x.sum(), [x], grad_outputs=torch.ones(3))

x = torch.ones(2, requires_grad=True)
torch.autograd.backward(x.sum(), inputs=[])

x = torch.ones(2, requires_grad=True)
y = x * 2
with torch.no_grad():
    y.mul_(2)
(y * y).sum().backward()
y.requires_grad_(False)

class F(torch.autograd.Function):
    pass
F.apply(torch.ones(2, requires_grad=True))

class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
F.apply(torch.ones(2, requires_grad=True)).sum().backward()

class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g.sum(), None, g
F.apply(torch.ones(2, requires_grad=True)).sum().backward()

class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return 3
F.apply(torch.ones(2, requires_grad=True)).sum().backward()

class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return torch.ones(3)
F.apply(torch.ones(2, requires_grad=True)).sum().backward()

class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(3)
        return x * 2
F.apply(torch.ones(2, requires_grad=True))

p = torch.ones(2, requires_grad=True)
o = torch.optim.SGD([p], lr=0.1)
o.add_param_group({"params": [p]})

class M(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(2))
M().w = 3

m = torch.nn.Linear(2, 2)
m.bias = "a"

m = torch.nn.Linear(2, 2)
m.register_parameter("a.b", torch.nn.Parameter(torch.ones(2)))

m = torch.nn.Linear(2, 2)
m.register_buffer("weight", torch.ones(2))

m = torch.nn.Linear(2, 2)
m.register_buffer("x", 3)

m = torch.nn.Linear(2, 2)
m.add_module("a", 3)

m = torch.nn.Linear(2, 2)
m.load_state_dict({"weight": torch.ones(2, 2), "bias": torch.ones(2), "extra": torch.ones(2)})

m = torch.nn.Linear(2, 2)
m.load_state_dict([1])

m = torch.nn.Linear(2, 2)
m.train(3)

m = torch.nn.Linear(2, 2)
m.get_submodule("a.b")

m = torch.nn.Linear(2, 2)
m.to(torch.long)

m = torch.nn.Sequential(torch.nn.Linear(2, 2))
m[3]

m = torch.nn.Sequential(torch.nn.Linear(2, 2))
m["a"]

o = torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.1)
o.load_state_dict({"state": {}, "param_groups": []})

o = torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.1)
o.step(3)

m = torch.nn.Linear(1, 1)
loss = m(torch.ones(1, 1)).sum().item()
loss.backward()

m = torch.nn.Linear(1, 1)
with torch.no_grad():
    loss = m(torch.ones(1, 1)).sum()
loss.backward()

m = torch.nn.Linear(1, 1)
loss = m(torch.ones(1, 1)).sum()
loss.backward()
loss.backward()

x = torch.ones(3, requires_grad=True)
y = torch.tensor(x.sum(), requires_grad=True)
y.backward()
x.grad.zero_()

x = torch.ones(3, requires_grad=True)
x = x - 0.1 * x
x.sum().backward()
x.grad.zero_()

w = torch.ones(2, requires_grad=True)
for _ in range(2):
    loss = (w ** 2).sum()
    loss.backward()
    w -= 0.1 * w.grad

w = torch.ones(2, requires_grad=True)
for _ in range(2):
    loss = (w ** 2).sum()
    loss.backward()
    w = w - 0.1 * w.grad
    w.grad.zero_()

w = torch.ones(2, requires_grad=True)
h = w * 2
for _ in range(2):
    (h * h).sum().backward()

h = torch.zeros(1)
w = torch.ones(1, requires_grad=True)
for _ in range(2):
    h = h * w
    h.sum().backward()

w = torch.ones(2, requires_grad=True)
y = w * 2
y[0] = y[1] * y[0]
y.sum().backward()
y.sum().backward()

w = torch.ones(2, 2, requires_grad=True)
y = w.exp()
y[0] *= 2
y.sum().backward()

w = torch.ones(2, requires_grad=True)
w.data.sub_(1)
w.detach_().requires_grad
w.backward()
""".strip().split("\n\n")

# Arguments that no signature takes: PyTorch lists its overloads, so only the type of the exception is compared.
WRONG_CALLS = r"""
torch.randint(10, (3.5,))
torch.randint(10)
torch.linspace(0, 1)
torch.full((2,))
torch.ones(2).add(1, 2, 3)
torch.ones(2).shape()
torch.ones(2, 3).diag(5, 6)
torch.ones(2, 3).sum(dim="x")
torch.ones(2, 3).sum(dim=1.0)
torch.ones(2, 3).view("a")
torch.ones(2, 3).view(2.0, 3)
torch.ones(2, 3).squeeze("a")
torch.clamp(torch.ones(2), "a")
torch.logsumexp(torch.ones(2, 2))
torch.softmax(torch.ones(2, 2))
torch.cumsum(torch.ones(2))
torch.topk(torch.ones(3).long(), "a")
torch.unique([1, 2])
torch.where(True, 1, 2)
torch.tensor()
torch.arange(1, 2, 3, 4)
torch.zeros(2, 3).fill_("a")
torch.zeros(2, 3).masked_fill_(torch.ones(2, 3) > 0, "a")
torch.ones(2, requires_grad=True).backward(gradient=2)
torch.rand(2, generator=5)
torch.randint(0, 10, 5)
torch.randint(0.5, 10, (2,))
torch.bucketize(torch.ones(3), 2)
torch.zeros(3).item(0)
torch.ones(2).tolist(1)
torch.zeros(2, 3).reshape((2, 2), 3)
torch.rand()
torch.chunk(torch.ones(3))
torch.transpose(torch.ones(2, 2))
torch.ones(2, 2).mm(3)
torch.float32(3)
torch.dtype("float32")
torch.vstack([1.0, 2.0])
torch.hstack([[1.0], [2.0]])
torch.meshgrid([1.0, 2.0])
torch.cdist([1.0], [2.0])
torch.trapezoid([1.0, 2.0])
torch.flatten([1.0])
torch.chunk([1.0], 1)
torch.argsort([1.0])
torch.where([True])
torch.linalg.norm([1.0])
torch.linalg.matrix_norm([[1.0]])
torch.linalg.cond([[1.0]])
torch.linalg.matrix_power([[1.0]], 2)
torch.kron([1.0], 2)
torch.inner([1.0], 2)
torch.poisson([1.0])
torch.is_floating_point(1.0)
torch.bincount([1])
""".strip().splitlines()


def outcome(framework, code):
    """Return what a program raises: the exception's type, its first sentence, and all of its text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(code, {"torch": framework, "np": np})
        except Exception as error:  # compared
            return type(error).__name__, first_sentence(error), str(error)
    return "nothing", "", ""


@pytest.mark.parametrize("code", LINES + PROGRAMS)
def test_says_what_pytorch_says(code):
    expected = outcome(torch, code)[:2]
    assert expected[0] != "nothing"
    assert outcome(edutorch, code)[:2] == expected


@pytest.mark.parametrize("code", WRONG_CALLS)
def test_wrong_call(code):
    assert outcome(torch, code)[0] == outcome(edutorch, code)[0] == "TypeError"


REMEDIES = {
    "torch.ones(2, 3) + torch.ones(4)": ["(2, 3)", "(4,)", "unsqueeze"],
    "torch.ones(2, 3) @ torch.ones(2, 3)": ["equal k", "transpose"],
    "torch.bmm(torch.ones(2, 3), torch.ones(2, 3))": ["(2, 3)", "@"],
    "torch.nn.Linear(3, 2)(torch.ones(4))": ["(4)", "in_features (3)"],
    "torch.ones(2, 3).view(4, 2)": ["(2, 3)", "multiply to 6"],
    "torch.cat([torch.ones(2, 3), torch.ones(3, 2)])": ["(2, 3)", "(3, 2)"],
    "torch.ones(2, 2) @ torch.ones(2, 2).double()": ["x.to(y.dtype)", "NumPy's floats are float64"],
    "torch.ones(2, 2) @ torch.ones(2, 2).long()": ["x.to(y.dtype)"],
    "torch.arange(4).mean()": [".float()"],
    "torch.arange(4).softmax(0)": [".float()"],
    "torch.ones(2) & 1": ["x.bool()"],
    "torch.exp(2.0)": ["torch.tensor(value)"],
    "torch.exp(None)": ["return"],
    "torch.ones(2, 3)[2]": ["from 0 to 1", "-2 to -1"],
    "torch.ones(3)[[0, 7]]": ["from 0 to 2"],
    "torch.ones(2, 3)[0, 0, 0]": ["(2, 3)"],
    "torch.ones(2).item()": ["(2,)", "tolist"],
    "f'{torch.ones(2):.2f}'": ["(2,)", "one number"],
    "float(torch.ones(2))": ["(2,)", "tolist"],
    "bool(torch.ones(2))": ["any()", "all()"],
    "torch.tensor([1, 2], requires_grad=True)": ["torch.float32"],
    "torch.arange(2).requires_grad_()": ["torch.int64", ".float()"],
    "torch.ones(2, requires_grad=True).add_(1)": ["torch.no_grad()"],
    "torch.ones(2).add_(torch.ones(2, 2))": ["x = x + y"],
    "torch.ones(2).long().add_(1.5)": ["x = x + y"],
    "(torch.ones(2, requires_grad=True) * 2).backward()": ["(2,)", "sum()"],
    "torch.ones(2).sum().backward()": ["requires_grad=True", "detached"],
    "x = torch.ones(2, requires_grad=True).exp(); y = x.exp(); x += 1; y.sum().backward()": ["clone()"],
    "y = torch.ones(2, requires_grad=True).exp().sum(); y.backward(); y.backward()": ["retain_graph=True"],
    "torch.ones(1).expand(3).add_(1)": ["clone()"],
    "torch.save({}, 'no such folder/x.pt')": ["os.makedirs('no such folder')"],
    "torch.save({}, '/')": ["folder"],
    "torch.nn.MSELoss(torch.ones(2), torch.ones(2))": ["nn.MSELoss()(output, target)"],
    'torch.ones(2, device="cuda")': ['device=\'cpu\''],
}  # fmt: skip


@pytest.mark.parametrize("code", REMEDIES)
def test_says_what_helps(code):
    text = outcome(edutorch, code)[2]
    assert all(word in text for word in REMEDIES[code]), text


def test_a_remedy_is_true_for_what_it_is_given():
    """Advice that cannot work is worse than none: a string cannot become a tensor, floats need no `.float()`."""
    assert "torch.tensor" not in outcome(edutorch, "torch.sqrt('a')")[2]
    assert ".float()" not in outcome(edutorch, "torch.ones(2) << 1")[2]
